import type { Region } from '#shared/model/region.ts'
import type { RotatedBoxShape } from '#shared/model/shape.ts'
import type { CanvasDocument } from '../../document.ts'
import { frameOf } from '../../handles.ts'
import { isShown } from '../../regions.ts'
import { boundsOfShapes } from '../../transform.ts'
import type { Point } from '../../types.ts'
import { hasVertices } from '../../vertices.ts'

/** The selected region whose vertices can be dragged; null if its frame is shown instead, or nothing is selected. */
export function vertexRegion(editor: CanvasDocument): Region | null {
  const [only, ...more] = editor.selected
  const shown = only && more.length === 0 && editor.handleMode === 'vertices' && !only.locked && !only.hidden && hasVertices(only.shape)
  const taken = editor.tool === 'select' || (editor.tool === 'skeleton' && only?.shape.kind === 'keypoints')
  return taken && shown ? only : null
}

/** The frame that scales and rotates the selection; null if there is none. */
export const selectionFrame = (editor: CanvasDocument): RotatedBoxShape | null =>
  editor.tool === 'select' && !vertexRegion(editor) ? frameOf(editor.selected) : null

/** A shape smaller on screen than this many times the pointer's reach is picked as a whole: otherwise it would be all vertices. */
const roomy = 6

/** The region under the pointer, whose vertices or frame can be dragged without selecting it first. */
export function reachedRegion(editor: CanvasDocument, at: Point): Region | null {
  if (editor.tool !== 'select' || editor.settings.hideAll) return null
  const reach = editor.reach()
  // Just outside a box still counts as on its corner or side.
  const beside = () =>
    editor.regions
      .inBox({ x: at.x - reach, y: at.y - reach, w: 2 * reach, h: 2 * reach })
      .filter((r) => isShown(r) && r.shape.kind === 'box')
      .sort((a, b) => b.z - a.z)[0]
  const top = editor.regions.hit(at, reach)[0] ?? beside()
  if (!top || top.locked || editor.selection.includes(top.id) || !reachable.has(top.shape.kind)) return null
  const { w, h } = boundsOfShapes([top.shape])
  return Math.max(w, h) > roomy * reach ? top : null
}
const reachable = new Set(['polygon', 'polyline', 'box', 'rotated-box'])
