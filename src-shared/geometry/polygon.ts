/** Polygons with holes and parts: measures, hit-test, simplification and boolean operations. */
import * as polyclip from 'polyclip-ts'
import type { Box, PolygonPart, Ring } from '../model/shape.ts'
import { boundsOf, boxRing } from './box.ts'

/** Shoelace formula: positive if the ring runs clockwise on the screen (y down). */
export function signedRingArea(ring: Ring): number {
  let sum = 0
  const n = ring.length
  for (let i = 0; i < n; i += 2) {
    const j = (i + 2) % n
    sum += ring[i]! * ring[j + 1]! - ring[j]! * ring[i + 1]!
  }
  return sum / 2
}
export const ringArea = (ring: Ring) => Math.abs(signedRingArea(ring))

/** Area of the outer rings minus their holes, in square pixels; parts are assumed not to overlap. */
export const polygonArea = (parts: readonly PolygonPart[]) =>
  parts.reduce((sum, [outer, ...holes]) => sum + ringArea(outer!) - holes.reduce((s, hole) => s + ringArea(hole), 0), 0)

/** Even-odd rule; a point on the boundary may fall on either side. */
export function ringContains(ring: Ring, x: number, y: number): boolean {
  let inside = false
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    const yi = ring[i + 1]!
    const yj = ring[j + 1]!
    if (yi > y !== yj > y && x < ((ring[j]! - ring[i]!) * (y - yi)) / (yj - yi) + ring[i]!) inside = !inside
  }
  return inside
}

export const polygonContains = (parts: readonly PolygonPart[], x: number, y: number) =>
  parts.some(([outer, ...holes]) => ringContains(outer!, x, y) && !holes.some((hole) => ringContains(hole, x, y)))

/** Squared distance from a point to the segment a–b. */
function segmentDistance2(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const [dx, dy] = [bx - ax, by - ay]
  const length2 = dx * dx + dy * dy
  const t = length2 > 0 ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length2)) : 0
  return (x - ax - t * dx) ** 2 + (y - ay - t * dy) ** 2
}

/** Distance in pixels from a point to the nearest segment of a line of flat points, closed or open. */
export function lineDistance(points: readonly number[], x: number, y: number, closed: boolean): number {
  let best = Infinity
  const n = points.length
  for (let i = 0; i < (closed ? n : n - 2); i += 2) {
    const j = (i + 2) % n
    best = Math.min(best, segmentDistance2(x, y, points[i]!, points[i + 1]!, points[j]!, points[j + 1]!))
  }
  return Math.sqrt(best)
}

/**
 * Line simplification (Douglas & Peucker 1973) of an open line: no dropped vertex is further than `tolerance` pixels
 * from the result.
 */
export function simplifyLine(points: readonly number[], tolerance: number): number[] {
  const n = points.length / 2
  const keep = new Uint8Array(n)
  keep[0] = keep[n - 1] = 1
  const todo: [number, number][] = [[0, n - 1]]
  for (let span = todo.pop(); span; span = todo.pop()) {
    const [from, to] = span
    let far = -1
    let worst = tolerance * tolerance
    for (let i = from + 1; i < to; i++) {
      const d = segmentDistance2(
        points[2 * i]!,
        points[2 * i + 1]!,
        points[2 * from]!,
        points[2 * from + 1]!,
        points[2 * to]!,
        points[2 * to + 1]!,
      )
      if (d > worst) [far, worst] = [i, d]
    }
    if (far < 0) continue
    keep[far] = 1
    todo.push([from, far], [far, to])
  }
  const out: number[] = []
  for (let i = 0; i < n; i++) if (keep[i]) out.push(points[2 * i]!, points[2 * i + 1]!)
  return out
}

/** `simplifyLine` for a ring; null if fewer than three vertices would remain. */
export function simplifyRing(ring: Ring, tolerance: number): Ring | null {
  // Cut at the first vertex and the one furthest from it, so that both halves have stable ends.
  let far = 0
  let worst = -1
  for (let i = 0; i < ring.length; i += 2) {
    const d = (ring[i]! - ring[0]!) ** 2 + (ring[i + 1]! - ring[1]!) ** 2
    if (d > worst) [far, worst] = [i, d]
  }
  const there = simplifyLine(ring.slice(0, far + 2), tolerance)
  const back = simplifyLine([...ring.slice(far), ring[0]!, ring[1]!], tolerance)
  const out = [...there, ...back.slice(2, -2)]
  return out.length >= 6 ? out : null
}

/** Parts and holes that vanish are dropped. */
export function simplifyPolygon(parts: readonly PolygonPart[], tolerance: number): PolygonPart[] {
  const out: PolygonPart[] = []
  for (const [outer, ...holes] of parts) {
    const ring = simplifyRing(outer!, tolerance)
    if (ring) out.push([ring, ...holes.map((hole) => simplifyRing(hole, tolerance)).filter((hole) => hole !== null)])
  }
  return out
}

const pairs = (ring: Ring): [number, number][] => Array.from({ length: ring.length / 2 }, (_, i) => [ring[2 * i]!, ring[2 * i + 1]!])
const toGeom = (parts: readonly PolygonPart[]) => parts.map((part) => part.map(pairs))
/** polyclip repeats the first vertex at the end. */
const fromGeom = (geom: [number, number][][][]): PolygonPart[] => geom.map((part) => part.map((r) => r.slice(0, -1).flat()))

/**
 * Boolean operations also normalise: self-intersections are resolved by the even-odd rule, and overlapping parts
 * joined.
 */
export const polygonUnion = (a: readonly PolygonPart[], b: readonly PolygonPart[]) => combined(polyclip.union, a, b)
export const polygonSubtract = (a: readonly PolygonPart[], b: readonly PolygonPart[]) => combined(polyclip.difference, a, b)
export const polygonIntersection = (a: readonly PolygonPart[], b: readonly PolygonPart[]) => combined(polyclip.intersection, a, b)

/** Steps of a pixel on which polyclip does not lose its way. */
const GRID = 1024

/** Among edges that are nearer to each other than its arithmetic is exact polyclip throws; then vertices go to the nearest of a grid. */
function combined(operation: typeof polyclip.union, a: readonly PolygonPart[], b: readonly PolygonPart[]): PolygonPart[] {
  try {
    return fromGeom(operation(toGeom(a), toGeom(b)))
  } catch {
    const onGrid = (parts: readonly PolygonPart[]) => parts.map((part) => part.map((ring) => ring.map((v) => Math.round(v * GRID) / GRID)))
    return fromGeom(operation(toGeom(onGrid(a)), toGeom(onGrid(b))))
  }
}

const within = (b: Box, width: number, height: number) => b.x >= 0 && b.y >= 0 && b.x + b.w <= width && b.y + b.h <= height

/** The part inside an image of this size; vertices are unchanged if nothing is outside. */
export function clipPolygon(parts: readonly PolygonPart[], width: number, height: number): PolygonPart[] {
  if (parts.every(([outer]) => within(boundsOf(outer!), width, height))) return [...parts]
  return polygonIntersection(parts, [[boxRing({ x: 0, y: 0, w: width, h: height })]])
}
