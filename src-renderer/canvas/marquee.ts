/** Whether a shape touches a rubber band: tests its lines and area, not its bounding box. */
import { boxContains } from '#shared/geometry/box.ts'
import { shapeContains, shapePolygon } from '#shared/geometry/shape.ts'
import type { Box, Shape } from '#shared/model/shape.ts'
import { ColumnMask } from './masks/column-mask.ts'
import { linesOf } from './vertices.ts'

export function meetsBox(shape: Shape, b: Box): boolean {
  if (shape.kind === 'mask') return maskMeets(ColumnMask.fromRle(shape.rle), b)
  if (shape.kind === 'keypoints') return shape.points.some((p) => p.v > 0 && boxContains(b, p.x, p.y))
  if (shape.kind !== 'polyline' && shapeContains(shape, b.x, b.y)) return true // the band may be entirely inside the shape
  const outline: Shape = shape.kind === 'polyline' ? shape : { kind: 'polygon', parts: shapePolygon(shape)! }
  return linesOf(outline).some(({ points, closed }) => {
    const n = points.length
    for (let i = 0; i < (closed ? n : n - 2); i += 2) {
      const j = (i + 2) % n
      if (segmentMeets(points[i]!, points[i + 1]!, points[j]!, points[j + 1]!, b)) return true
    }
    return false
  })
}

function maskMeets(mask: ColumnMask, b: Box): boolean {
  for (let x = Math.max(0, Math.floor(b.x)); x < Math.min(mask.width, b.x + b.w); x++) {
    const column = mask.column(x)
    for (let i = 0; i < column.length; i += 2) if (column[i]! <= b.y + b.h && column[i + 1]! >= b.y) return true
  }
  return false
}

/** Whether any of the segment is inside the box (Liang & Barsky 1984). */
function segmentMeets(ax: number, ay: number, bx: number, by: number, b: Box): boolean {
  let [from, to] = [0, 1]
  for (const [p, q] of [
    [ax - bx, ax - b.x],
    [bx - ax, b.x + b.w - ax],
    [ay - by, ay - b.y],
    [by - ay, b.y + b.h - ay],
  ] as const) {
    if (p === 0) {
      if (q < 0) return false
    } else if (p < 0) from = Math.max(from, q / p)
    else to = Math.min(to, q / p)
  }
  return from <= to
}
