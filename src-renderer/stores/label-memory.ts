/** Recently used labels and the label of new regions, kept per project across a reload. */
import { ref, watch, type Ref } from 'vue'
import type { CanvasEditor } from '../canvas/index.ts'
import { useProject } from './project.ts'

function storedNumbers(place: string): number[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(place) ?? '[]')
    return Array.isArray(stored) ? stored.filter((v) => typeof v === 'number') : []
  } catch {
    return []
  }
}

/** Ids of the recently used labels, most recent first. */
export function rememberLabels(editor: CanvasEditor, activeLabelId: Ref<number | null>): Ref<number[]> {
  const project = useProject()
  const lastLabels = ref<number[]>([])
  const labelsPlace = () => `dashi:labels:${project.opened?.info.folder ?? ''}`
  watch(
    () => project.key,
    (key) => (lastLabels.value = key ? storedNumbers(labelsPlace()) : []),
    { immediate: true },
  )
  /** Restores the label of new regions after a reload. */
  const activePlace = () => `dashi:label:${project.opened?.info.folder ?? ''}`
  let restored = ''
  watch(
    () => project.labels,
    (labels) => {
      if (!project.key || restored === project.key || !labels.length) return
      restored = project.key
      const id = Number(localStorage.getItem(activePlace()))
      if (editor.activeLabelId === null && labels.some((l) => l.id === id)) editor.setLabel(id)
    },
    { immediate: true },
  )
  watch(activeLabelId, (id) => {
    if (project.key) localStorage.setItem(activePlace(), String(id ?? ''))
    if (id === null) return
    lastLabels.value = [id, ...lastLabels.value.filter((l) => l !== id)].slice(0, 8)
    localStorage.setItem(labelsPlace(), JSON.stringify(lastLabels.value))
  })
  return lastLabels
}
