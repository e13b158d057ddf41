/** Labels that were given lately, and the one of new regions: kept over a reload, for each project by itself. */
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

/** The ids of the labels given lately, the last first. */
export function rememberLabels(editor: CanvasEditor, activeLabelId: Ref<number | null>): Ref<number[]> {
  const project = useProject()
  const lastLabels = ref<number[]>([])
  const labelsPlace = () => `dashi:labels:${project.opened?.info.folder ?? ''}`
  watch(
    () => project.key,
    (key) => (lastLabels.value = key ? storedNumbers(labelsPlace()) : []),
    { immediate: true },
  )
  /** The label of new regions is that of before a reload. */
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
