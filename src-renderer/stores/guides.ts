/** The guides of each project, kept in the browser: they belong to the annotator, not to the data. */
import { watch } from 'vue'
import { z } from 'zod'
import type { CanvasEditor } from '../canvas/index.ts'
import { noGuides } from '../canvas/grid.ts'

const positions = z.array(z.number().min(-1e8).max(1e8)).max(1000)
const stored = z.object({ x: positions, y: positions })

function read(place: string) {
  try {
    return stored.safeParse(JSON.parse(localStorage.getItem(place) ?? 'null')).data ?? noGuides
  } catch {
    return noGuides
  }
}

export function keepGuides(editor: CanvasEditor, folder: () => string | null): void {
  let place: string | null = null
  watch(
    folder,
    (now) => {
      place = now === null ? null : `dashi:guides:${now}`
      editor.setGuides(place ? read(place) : noGuides)
    },
    { immediate: true },
  )
  let known = editor.guides
  editor.subscribe((what) => {
    if (!what.has('settings') || editor.guides === known) return
    known = editor.guides
    if (place) localStorage.setItem(place, JSON.stringify(known))
  })
}
