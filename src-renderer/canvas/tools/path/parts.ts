import { polygonIntersection, polygonSubtract, polygonUnion, ringContains } from '#shared/geometry/polygon.ts'
import type { PolygonPart, PolygonShape, Ring } from '#shared/model/shape.ts'

const polygon = (parts: PolygonPart[]): PolygonShape | null => (parts.length ? { kind: 'polygon', parts } : null)
const inside = (ring: Ring, of: Ring) => ring.every((x, i) => i % 2 === 1 || ringContains(of, x, ring[i + 1]!))

/**
 * Cuts a ring out of a polygon. A ring entirely inside a part becomes its hole, vertex for vertex; otherwise it is subtracted. Null if
 * nothing is left.
 */
export function withHole(shape: PolygonShape, hole: Ring): PolygonShape | null {
  const at = shape.parts.findIndex(([outer, ...holes]) => inside(hole, outer!) && !holes.some((h) => inside(hole, h) || inside(h, hole)))
  if (at < 0) return polygon(polygonSubtract(shape.parts, [[hole]]))
  return polygon(shape.parts.map((part, i) => (i === at ? [...part, hole] : part)))
}

/** Adds a ring to a polygon: as a part of its own, or merged with the parts that it overlaps. */
export function withPart(shape: PolygonShape, ring: Ring): PolygonShape | null {
  const overlaps = polygonIntersection(shape.parts, [[ring]]).length > 0
  return polygon(overlaps ? polygonUnion(shape.parts, [[ring]]) : [...shape.parts, [ring]])
}
