/**
 * Exact areas of two polygons and of what they share, without building the intersection: between two heights at which an
 * edge begins, ends or crosses another, all edges are sides of trapezoids.
 */
import type { PolygonPart } from '../model/shape.ts'

/** In square pixels. */
export interface Overlap {
  readonly a: number
  readonly b: number
  readonly both: number
}

interface Edge {
  /** From the upper end (x0, y0) to the lower (x1, y1); y0 < y1. */
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
  /** Index of the part over both polygons; those of `a` come first. */
  readonly part: number
}

/**
 * A point is inside a polygon if it is inside any of its parts, and inside a part by the even-odd rule over the part's
 * rings: what is counted twice, or crosses itself, is resolved as in {@link polygonUnion}.
 */
export function polygonOverlap(a: readonly PolygonPart[], b: readonly PolygonPart[]): Overlap {
  const edges = [...a, ...b].flatMap((part, i) => part.flatMap((ring) => edgesOf(ring, i))).sort((p, q) => p.y0 - q.y0)
  const heights = [...new Set(edges.flatMap((e) => [e.y0, e.y1]))].sort((p, q) => p - q)
  const sum = { a: 0, b: 0, both: 0 }
  let active: Edge[] = []
  let next = 0
  for (let i = 0; i + 1 < heights.length; i++) {
    const [top, bottom] = [heights[i]!, heights[i + 1]!]
    active = active.filter((e) => e.y1 > top)
    while (next < edges.length && edges[next]!.y0 <= top) active.push(edges[next++]!)
    slab(active, top, bottom, a.length, sum)
  }
  return sum
}

/** Intersection over union, 0 to 1; 0 if both are empty. */
export function polygonIou(a: readonly PolygonPart[], b: readonly PolygonPart[]): number {
  const areas = polygonOverlap(a, b)
  const union = areas.a + areas.b - areas.both
  return union > 0 ? Math.min(1, areas.both / union) : 0
}

function edgesOf(ring: readonly number[], part: number): Edge[] {
  const edges: Edge[] = []
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length
    const [x0, y0, x1, y1] = [ring[i]!, ring[i + 1]!, ring[j]!, ring[j + 1]!]
    if (y0 < y1) edges.push({ x0, y0, x1, y1, part })
    else if (y1 < y0) edges.push({ x0: x1, y0: y1, x1: x0, y1: y0, part })
  }
  return edges
}

const at = (e: Edge, y: number) => (y === e.y0 ? e.x0 : y === e.y1 ? e.x1 : e.x0 + ((e.x1 - e.x0) * (y - e.y0)) / (e.y1 - e.y0))

interface Side {
  readonly top: number
  readonly bottom: number
  readonly part: number
}

/** Adds the areas between two heights at which no edge begins or ends. */
function slab(active: readonly Edge[], top: number, bottom: number, parts: number, sum: { a: number; b: number; both: number }): void {
  const sides = active.map((e): Side => ({ top: at(e, top), bottom: at(e, bottom), part: e.part }))
  sides.sort((p, q) => p.top - q.top || p.bottom - q.bottom)
  const shares = crossings(sides)
  for (let i = 0; i + 1 < shares.length; i++) {
    const [from, to] = [shares[i]!, shares[i + 1]!]
    const middle = (from + to) / 2
    const height = (to - from) * (bottom - top)
    const xs = sides.map((s) => ({ x: s.top + (s.bottom - s.top) * middle, part: s.part }))
    if (shares.length > 2) xs.sort((p, q) => p.x - q.x)
    strip(xs, height, parts, sum)
  }
}

/**
 * 0, the fractions of the slab's height at which two sides cross, and 1, ascending. Sides that are sorted at the top are
 * sorted by insertion at the bottom: each exchange is a crossing.
 */
function crossings(sides: readonly Side[]): number[] {
  const shares = [0, 1]
  const sorted: Side[] = []
  for (const q of sides) {
    let at = sorted.length
    for (; at > 0 && sorted[at - 1]!.bottom > q.bottom; at--) {
      const p = sorted[at - 1]!
      if (p.top < q.top) shares.push((q.top - p.top) / (q.top - p.top + p.bottom - q.bottom))
    }
    sorted.splice(at, 0, q)
  }
  return shares.length > 2 ? [...new Set(shares)].sort((p, q) => p - q) : shares
}

/** The area of a trapezoid is its height times its width at half the height. */
function strip(
  xs: readonly { x: number; part: number }[],
  height: number,
  parts: number,
  sum: { a: number; b: number; both: number },
): void {
  const isIn = new Set<number>()
  let [ofA, ofB] = [0, 0]
  for (let i = 0; i + 1 < xs.length; i++) {
    const { x, part } = xs[i]!
    const by = isIn.delete(part) ? -1 : (isIn.add(part), 1)
    if (part < parts) ofA += by
    else ofB += by
    const area = (xs[i + 1]!.x - x) * height
    if (ofA) sum.a += area
    if (ofB) sum.b += area
    if (ofA && ofB) sum.both += area
  }
}
