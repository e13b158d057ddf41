/** Snapping to vertices and edges of nearby regions, so that neighbours share their borders exactly. */
import type { Shape } from '#shared/model/shape.ts'
import { shapePolygon } from '#shared/geometry/shape.ts'
import { isShown, type RegionStore } from './regions.ts'
import type { Point, RegionId } from './types.ts'
import { nearestEdge, nearestVertex, vertexAt } from './vertices.ts'

const outline = (shape: Shape): Shape | null => {
  if (shape.kind === 'mask') return null
  const parts = shapePolygon(shape)
  return parts ? { kind: 'polygon', parts } : shape
}

/** The nearest vertex within `reach` image pixels, else the nearest point on an edge; null if there is neither. */
export function snapTo(regions: RegionStore, point: Point, reach: number, except: ReadonlySet<RegionId> = new Set()): Point | null {
  const shapes = regions
    .inBox({ x: point.x - reach, y: point.y - reach, w: 2 * reach, h: 2 * reach })
    .filter((r) => isShown(r) && regions.isSaved(r) && !except.has(r.id))
    .flatMap((r) => outline(r.shape) ?? [])
  const nearest = (candidates: (Point | null)[]) =>
    candidates.reduce<Point | null>((best, p) => (p && (!best || distance(p, point) < distance(best, point)) ? p : best), null)
  return (
    nearest(
      shapes.map((s) => {
        const ref = nearestVertex(s, point, reach)
        return ref && vertexAt(s, ref)
      }),
    ) ?? nearest(shapes.map((s) => nearestEdge(s, point, reach)?.at ?? null))
  )
}

export const distance = (a: Point, b: Point) => Math.hypot(a.x - b.x, a.y - b.y)
