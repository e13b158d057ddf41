/**
 * Polygon → mask, pixel-identical to pycocotools (rleFrPoly in cocodataset/cocoapi common/maskApi.c), so that areas
 * and IoUs computed here match COCO's evaluation.
 */
import type { PolygonPart, Ring, Rle } from '../model/shape.ts'
import { emptyRle, encodeRle, rleSubtract, rleUnion } from './rle.ts'

/** Limit on how far outside the image a coordinate may be, in pixels, which bounds the time to trace the boundary. */
export const reachOf = (width: number, height: number) => 16 * (Math.max(width, height) + 1024)

const scale = 5 // the boundary is traced on a grid five times finer

/** The mask of one ring. @throws if a coordinate is further outside than `reachOf` allows */
export function ringToRle(ring: Ring, height: number, width: number): Rle {
  const n = ring.length / 2
  const limit = reachOf(width, height)
  const fine = (v: number | undefined) => {
    if (!(Math.abs(v!) <= limit)) throw new Error(`polygon vertex ${v} is too far outside an image of ${width} × ${height}`)
    return Math.trunc(scale * v! + 0.5)
  }
  /** Where the boundary crosses from one pixel column to the next: indices in column-major order. */
  const crossings: number[] = []
  let [u1, v1] = [NaN, NaN] // the previous point
  const visit = (u: number, v: number) => {
    if (u !== u1 && u1 === u1) {
      const x = ((u < u1 ? u : u - 1) + 0.5) / scale - 0.5
      if (Math.floor(x) === x && x >= 0 && x <= width - 1) {
        const y = ((v < v1 ? v : v1) + 0.5) / scale - 0.5
        crossings.push(x * height + Math.ceil(Math.min(Math.max(y, 0), height)))
      }
    }
    u1 = u
    v1 = v
  }
  for (let j = 0; j < n; j++) {
    const k = (j + 1) % n
    let [xs, ys, xe, ye] = [fine(ring[2 * j]), fine(ring[2 * j + 1]), fine(ring[2 * k]), fine(ring[2 * k + 1])]
    const dx = Math.abs(xe - xs)
    const dy = Math.abs(ye - ys)
    // Both directions of an edge must give the same pixels: compute from the smaller end, visit in the edge's own
    // direction.
    const flip = (dx >= dy && xs > xe) || (dx < dy && ys > ye)
    if (flip) [xs, ys, xe, ye] = [xe, ye, xs, ys]
    if (dx >= dy) {
      const slope = dx ? (ye - ys) / dx : 0
      for (let d = 0; d <= dx; d++) {
        const t = flip ? dx - d : d
        visit(t + xs, Math.trunc(ys + slope * t + 0.5))
      }
    } else {
      const slope = (xe - xs) / dy
      for (let d = 0; d <= dy; d++) {
        const t = flip ? dy - d : d
        visit(Math.trunc(xs + slope * t + 0.5), t + ys)
      }
    }
  }
  crossings.push(height * width)
  const sorted = Float64Array.from(crossings).sort()
  // Differences are run lengths; a run of zero merges its neighbours.
  const counts: number[] = [sorted[0]!]
  for (let j = 1; j < sorted.length; j++) {
    const run = sorted[j]! - sorted[j - 1]!
    if (run > 0) counts.push(run)
    else if (++j < sorted.length) counts[counts.length - 1]! += sorted[j]! - sorted[j - 1]!
  }
  return encodeRle({ height, width, counts })
}

/** The union of the parts, each without its holes. */
export function polygonToRle(parts: readonly PolygonPart[], height: number, width: number): Rle {
  let mask = emptyRle(height, width)
  for (const [outer, ...holes] of parts) {
    const part = holes.reduce((m, hole) => rleSubtract(m, ringToRle(hole, height, width)), ringToRle(outer!, height, width))
    mask = rleUnion(mask, part)
  }
  return mask
}
