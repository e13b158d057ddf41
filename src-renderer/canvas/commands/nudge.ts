import { defineCommands, type Run } from '../command.ts'
import type { CanvasDocument } from '../document.ts'
import { vertexRegion } from '../tools/select/selection.ts'
import { boundsOfShapes, movedWithin, translate } from '../transform.ts'
import { moveVertices, vertexAt } from '../vertices.ts'
import { change, editable } from './change.ts'

/** Moves the selected vertices and keeps them selected; false if there are none. */
function nudgeVertices(editor: CanvasDocument, dx: number, dy: number): boolean {
  const region = vertexRegion(editor)
  const refs = editor.vertexSelection
  if (!region || refs.length === 0) return false
  const { width, height } = editor.image!
  const inside = refs.every((ref) => {
    const p = vertexAt(region.shape, ref)
    return p && p.x + dx >= 0 && p.y + dy >= 0 && p.x + dx <= width && p.y + dy <= height
  })
  if (inside) editor.commitShape('move vertex', region.id, moveVertices(region.shape, refs, dx, dy))
  editor.setVertexSelection(refs)
  return true
}

const nudge =
  (dx: number, dy: number): Run =>
  (editor) => {
    const regions = editor.editable
    if (!editor.image || regions.length === 0) return false
    if (nudgeVertices(editor, dx, dy)) return true
    const by = movedWithin(boundsOfShapes(regions.map((r) => r.shape)), dx, dy, editor.image)
    return change('move', editable, (r) => (by.x || by.y ? { ...r, shape: translate(r.shape, by.x, by.y) } : r))(editor)
  }

// Alt with an arrow key navigates the window's history.
export const nudging = defineCommands({
  'nudge-left': {
    group: 'edit',
    title: { en: 'Nudge left', ja: '左へ少し移動' },
    keys: ['Shift+ArrowLeft'],
    run: nudge(-1, 0),
  },
  'nudge-right': {
    group: 'edit',
    title: { en: 'Nudge right', ja: '右へ少し移動' },
    keys: ['Shift+ArrowRight'],
    run: nudge(1, 0),
  },
  'nudge-up': {
    group: 'edit',
    title: { en: 'Nudge up', ja: '上へ少し移動' },
    keys: ['Shift+ArrowUp'],
    run: nudge(0, -1),
  },
  'nudge-down': {
    group: 'edit',
    title: { en: 'Nudge down', ja: '下へ少し移動' },
    keys: ['Shift+ArrowDown'],
    run: nudge(0, 1),
  },
})
