/** Names beside the keypoints of the selected regions and of the one under the pointer. */
import { boxIntersection } from '#shared/geometry/box.ts'
import type { Box } from '#shared/model/shape.ts'
import { boundsOfShape } from '../bounds.ts'
import type { CanvasEditor } from '../editor.ts'
import { isShown } from '../regions.ts'
import { toScreen } from '../view.ts'

/** Line height in CSS pixels. Where names would overlap, selected points are named first, then earlier ones. */
const height = 13

export function paintPointNames(ctx: CanvasRenderingContext2D, editor: CanvasEditor): void {
  const { overlay, view, viewport, settings } = editor
  const ids = new Set([...editor.selection, ...(editor.hovered === null ? [] : [editor.regions.idOf(editor.hovered)])])
  const regions =
    settings.names && editor.regions.size < 200 ? editor.regions.all() : [...ids].flatMap((id) => editor.regions.get(id) ?? [])
  const only = editor.selection.length === 1 ? editor.selection[0] : undefined
  ctx.font = '500 11px system-ui, sans-serif'
  ctx.textBaseline = 'middle'
  ctx.lineJoin = 'round'
  ctx.lineWidth = 3
  ctx.strokeStyle = '#ffffffd9'
  for (const r of regions) {
    const shape = overlay.previews?.get(r.id) ?? r.shape
    if (shape.kind !== 'keypoints' || !isShown(r)) continue
    const taken: Box[] = []
    const chosen = new Set(r.id === only ? editor.vertexSelection.map((v) => v.index) : [])
    const { x: left, w } = boundsOfShape(shape)
    const order = shape.points.map((_, i) => i).sort((a, b) => Number(chosen.has(b)) - Number(chosen.has(a)))
    for (const i of order) {
      const point = shape.points[i]!
      if (point.v === 0 || point.name === undefined) continue
      const p = toScreen(view, point)
      if (p.x < 0 || p.y < 0 || p.x > viewport.width || p.y > viewport.height) continue
      // Place names outwards, so that names on the left and right do not meet in the middle.
      const toTheLeft = w > 0 && point.x < left + w / 2 - 1e-6
      const width = ctx.measureText(point.name).width
      const place: Box = { x: toTheLeft ? p.x - 9 - width : p.x + 9, y: p.y - height / 2, w: width, h: height }
      if (taken.some((other) => boxIntersection(place, other))) continue
      taken.push(place)
      const { x } = place
      ctx.strokeText(point.name, x, p.y)
      ctx.fillStyle = chosen.has(i) ? '#1257b8' : point.v === 1 ? '#5b6470' : '#14181d'
      ctx.fillText(point.name, x, p.y)
    }
  }
}
