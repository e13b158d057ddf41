/** Finding, moving, inserting and deleting vertices of polygons, polylines and keypoints. Shapes are replaced, never modified. */
import type { Keypoint, Shape } from '#shared/model/shape.ts'
import type { Point, VertexRef } from './types.ts'

export interface Line {
  part: number
  ring: number
  /** Flat x, y. */
  points: readonly number[]
  closed: boolean
}

/** The vertex lines of a shape; for keypoints, all points in one line, with unlabelled ones as NaN. */
export function linesOf(shape: Shape): Line[] {
  switch (shape.kind) {
    case 'polygon':
      return shape.parts.flatMap((rings, part) => rings.map((points, ring) => ({ part, ring, points, closed: true })))
    case 'polyline':
      return [{ part: 0, ring: 0, points: shape.points, closed: false }]
    case 'keypoints':
      return [{ part: 0, ring: 0, points: shape.points.flatMap((p) => (p.v > 0 ? [p.x, p.y] : [NaN, NaN])), closed: false }]
    default:
      return []
  }
}

export const hasVertices = (shape: Shape) => shape.kind === 'polygon' || shape.kind === 'polyline' || shape.kind === 'keypoints'

export const sameVertex = (a: VertexRef, b: VertexRef) => a.part === b.part && a.ring === b.ring && a.index === b.index

export function vertexAt(shape: Shape, ref: VertexRef): Point | null {
  const points = linesOf(shape).find((l) => l.part === ref.part && l.ring === ref.ring)?.points
  const [x, y] = [points?.[2 * ref.index], points?.[2 * ref.index + 1]]
  return x === undefined || y === undefined ? null : { x, y }
}

/** The vertex nearest to a point, within `reach` pixels. */
export function nearestVertex(shape: Shape, { x, y }: Point, reach: number): VertexRef | null {
  let best = reach * reach
  let found: VertexRef | null = null
  for (const { part, ring, points } of linesOf(shape))
    for (let i = 0; i < points.length; i += 2) {
      const d = (points[i]! - x) ** 2 + (points[i + 1]! - y) ** 2
      if (d <= best) {
        best = d
        found = { part, ring, index: i / 2 }
      }
    }
  return found
}

/** The nearest point on an edge within `reach`; `ref.index` is where a vertex inserted there would go. */
export function nearestEdge(shape: Shape, { x, y }: Point, reach: number): { ref: VertexRef; at: Point } | null {
  if (shape.kind === 'keypoints') return null
  let best = reach * reach
  let found: { ref: VertexRef; at: Point } | null = null
  for (const { part, ring, points, closed } of linesOf(shape)) {
    const n = points.length
    for (let i = 0; i < (closed ? n : n - 2); i += 2) {
      const j = (i + 2) % n
      const at = nearestOnSegment(x, y, points[i]!, points[i + 1]!, points[j]!, points[j + 1]!)
      const d = (at.x - x) ** 2 + (at.y - y) ** 2
      if (d <= best) {
        best = d
        found = { ref: { part, ring, index: i / 2 + 1 }, at }
      }
    }
  }
  return found
}

export function nearestOnSegment(x: number, y: number, ax: number, ay: number, bx: number, by: number): Point {
  const [dx, dy] = [bx - ax, by - ay]
  const length2 = dx * dx + dy * dy
  const t = length2 > 0 ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length2)) : 0
  return { x: ax + t * dx, y: ay + t * dy }
}

/**
 * Replaces one line's points with the result of `change`; null removes the line. Holes are removed with their part. Null if nothing is
 * left.
 */
function withLine(shape: Shape, { part, ring }: VertexRef, change: (points: readonly number[]) => number[] | null): Shape | null {
  if (shape.kind === 'polyline') {
    const points = change(shape.points)
    return points && points.length >= 4 ? { ...shape, points } : null
  }
  if (shape.kind !== 'polygon') return shape
  const parts = shape.parts.flatMap((rings, p) => {
    if (p !== part) return [rings]
    const kept = rings.flatMap((points, r) => {
      const changed = r === ring ? change(points) : points
      return changed && changed.length >= 6 ? [changed] : []
    })
    return ring === 0 && kept.length < rings.length ? [] : [kept]
  })
  return parts.length ? { ...shape, parts } : null
}

/** Moves all vertices by the same distance. */
export function moveVertices(shape: Shape, refs: readonly VertexRef[], dx: number, dy: number): Shape {
  if (shape.kind === 'keypoints')
    return { ...shape, points: shape.points.map((p, i) => (refs.some((r) => r.index === i) ? { ...p, x: p.x + dx, y: p.y + dy } : p)) }
  let out: Shape = shape
  for (const ref of refs)
    out =
      withLine(out, ref, (points) => {
        const moved = points.slice()
        moved[2 * ref.index]! += dx
        moved[2 * ref.index + 1]! += dy
        return moved
      }) ?? out
  return out
}

/** Inserts a vertex before `ref`, or at the end. */
export function insertVertex(shape: Shape, ref: VertexRef, { x, y }: Point): Shape {
  if (shape.kind === 'keypoints') return { ...shape, points: [...shape.points, { x, y, v: 2 } satisfies Keypoint] }
  return withLine(shape, ref, (points) => points.slice(0, 2 * ref.index).concat(x, y, points.slice(2 * ref.index))) ?? shape
}

/** Rings with fewer than three vertices are removed; null if nothing is left. */
export function deleteVertices(shape: Shape, refs: readonly VertexRef[]): Shape | null {
  if (shape.kind === 'keypoints') {
    // Named points belong to a skeleton, so they stay in the list as not labelled.
    if (refs.every((r) => shape.points[r.index]?.name !== undefined)) {
      const points = shape.points.map((p, i) => (refs.some((r) => r.index === i) ? { ...p, v: 0 as const } : p))
      return points.some((p) => p.v > 0) ? { ...shape, points } : null
    }
    const place = new Map<number, number>() // old index → new
    const points = shape.points.filter((_, i) => !refs.some((r) => r.index === i) && place.set(i, place.size))
    const edges = shape.edges?.flatMap(([a, b]): [number, number][] =>
      place.has(a) && place.has(b) ? [[place.get(a)!, place.get(b)!]] : [],
    )
    return points.length ? { ...shape, points, ...(edges && { edges }) } : null
  }
  // From the back, so that the remaining indices stay valid, even when a ring or a part is removed.
  const order = [...refs].sort((a, b) => b.part - a.part || b.ring - a.ring || b.index - a.index)
  let out: Shape | null = shape
  for (const [part, ring] of new Map(order.map((r) => [`${r.part}/${r.ring}`, [r.part, r.ring] as const])).values()) {
    const gone = new Set(order.filter((r) => r.part === part && r.ring === ring).map((r) => r.index))
    out = out && withLine(out, { part, ring, index: 0 }, (points) => points.filter((_, i) => !gone.has(i >> 1)))
  }
  return out
}
