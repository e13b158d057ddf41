import type { Region } from '#shared/model/region.ts'
import type { RotatedBoxShape } from '#shared/model/shape.ts'
import type { CanvasEditor } from '../../editor.ts'
import { frameOf } from '../../handles.ts'
import { hasVertices } from '../../vertices.ts'

/** The one region whose vertices can be taken; null where the frame is shown instead, or nothing. */
export function vertexRegion(editor: CanvasEditor): Region | null {
  const [only, ...more] = editor.selected
  const shown = only && more.length === 0 && editor.handleMode === 'vertices' && !only.locked && !only.hidden && hasVertices(only.shape)
  const taken = editor.tool === 'select' || (editor.tool === 'skeleton' && only?.shape.kind === 'keypoints')
  return taken && shown ? only : null
}

/** The frame that scales and turns what is selected; null where there is none. */
export const selectionFrame = (editor: CanvasEditor): RotatedBoxShape | null =>
  editor.tool === 'select' && !vertexRegion(editor) ? frameOf(editor.selected) : null
