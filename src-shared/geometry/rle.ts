/**
 * Run-length masks as in COCO (cocodataset/cocoapi common/maskApi.c): column-major, runs alternate between 0s and 1s
 * and start with 0s; the compressed form writes each run (from the fourth on, its difference to the run two before)
 * in 6-bit LEB128.
 */
import type { Box, Rle } from '../model/shape.ts'
import { decodeCounts, encodeCounts, rleProblem } from './rle-counts.ts'

export { decodeCounts, encodeCounts, rleProblem }

/** Run lengths, uncompressed, with the size of the mask. */
export interface Runs {
  height: number
  width: number
  counts: number[]
}

/** @throws if the runs do not add up to height × width */
export function decodeRle(rle: Rle): Runs {
  const [height, width] = rle.size
  return checkRuns({ height, width, counts: decodeCounts(rle.counts) })
}

export function checkRuns(runs: Runs): Runs {
  let sum = 0
  for (const n of runs.counts) {
    if (!(Number.isInteger(n) && n >= 0)) throw new Error(`RLE run ${n} is not a whole number from 0`)
    sum += n
  }
  if (sum !== runs.height * runs.width) throw new Error(`RLE runs cover ${sum} pixels, expected ${runs.height} × ${runs.width}`)
  return runs
}

export const encodeRle = (runs: Runs): Rle => ({ size: [runs.height, runs.width], counts: encodeCounts(runs.counts) })

/**
 * The mask that is 1 on the intervals [start, end) of column-major pixel order; these must be sorted and may touch or
 * overlap.
 */
export function runsFromIntervals(height: number, width: number, intervals: Iterable<readonly [number, number]>): Runs {
  const counts: number[] = []
  let at = 0 // the end of the last run of 1s
  for (const [start, end] of intervals) {
    if (end <= start) continue
    if (counts.length && start <= at) {
      if (end > at) {
        counts[counts.length - 1]! += end - at
        at = end
      }
    } else {
      counts.push(start - at, end - start)
      at = end
    }
  }
  const rest = height * width - at
  if (rest > 0 || counts.length === 0) counts.push(rest)
  return { height, width, counts }
}

/** The runs of 1s as [start, end) in column-major order. */
export function* intervals(runs: Runs): Generator<[number, number]> {
  let at = 0
  for (let i = 0; i < runs.counts.length; i++) {
    const n = runs.counts[i]!
    if (i % 2 === 1 && n > 0) yield [at, at + n]
    at += n
  }
}

/** `bitmap` is row-major, height × width, non-zero = 1. */
export function rleFromBitmap(bitmap: ArrayLike<number>, height: number, width: number): Rle {
  const counts: number[] = []
  let value = 0
  let run = 0
  for (let x = 0; x < width; x++)
    for (let y = 0; y < height; y++) {
      const v = bitmap[y * width + x] ? 1 : 0
      if (v === value) run++
      else {
        counts.push(run)
        run = 1
        value = v
      }
    }
  counts.push(run)
  return encodeRle({ height, width, counts })
}

/** Row-major bytes 0 or 1, height × width. */
export function rleToBitmap(rle: Rle): Uint8Array {
  const runs = decodeRle(rle)
  const { height, width } = runs
  const out = new Uint8Array(height * width)
  for (const [start, end] of intervals(runs)) for (let i = start; i < end; i++) out[(i % height) * width + Math.floor(i / height)] = 1
  return out
}

/** Number of pixels set. */
export function rleArea(rle: Rle): number {
  const counts = decodeCounts(rle.counts)
  let area = 0
  for (let i = 1; i < counts.length; i += 2) area += counts[i]!
  return area
}

/** The bounding box of the set pixels; zeros for an empty mask (as in pycocotools). */
export function rleBox(rle: Rle): Box {
  const height = rle.size[0]
  let [x0, y0, x1, y1] = [Infinity, Infinity, -1, -1]
  for (const [start, end] of intervals(decodeRle(rle))) {
    const last = end - 1
    const [xs, xe] = [Math.floor(start / height), Math.floor(last / height)]
    x0 = Math.min(x0, xs)
    x1 = Math.max(x1, xe)
    // A run across a column boundary touches the first and the last row.
    y0 = Math.min(y0, xs < xe ? 0 : start % height)
    y1 = Math.max(y1, xs < xe ? height - 1 : last % height)
  }
  return x1 < 0 ? { x: 0, y: 0, w: 0, h: 0 } : { x: x0, y: y0, w: x1 - x0 + 1, h: y1 - y0 + 1 }
}

/** Combines two masks of the same size pixel by pixel by `keep(a, b)`. */
function combine(a: Rle, b: Rle, keep: (a: boolean, b: boolean) => boolean): Rle {
  if (a.size[0] !== b.size[0] || a.size[1] !== b.size[1])
    throw new Error(`masks of different size: ${a.size.join('×')} and ${b.size.join('×')}`)
  const [height, width] = a.size
  const [ca, cb] = [decodeRle(a).counts, decodeRle(b).counts]
  const counts: number[] = []
  let [ia, ib, na, nb] = [0, 0, ca[0] ?? 0, cb[0] ?? 0]
  let value = false
  let run = 0
  for (let left = height * width; left > 0;) {
    while (na === 0) na = ca[++ia]!
    while (nb === 0) nb = cb[++ib]!
    const n = Math.min(na, nb)
    const v = keep(ia % 2 === 1, ib % 2 === 1)
    if (v === value) run += n
    else {
      counts.push(run)
      run = n
      value = v
    }
    na -= n
    nb -= n
    left -= n
  }
  counts.push(run)
  return encodeRle({ height, width, counts })
}

export const rleUnion = (a: Rle, b: Rle) => combine(a, b, (p, q) => p || q)
export const rleIntersection = (a: Rle, b: Rle) => combine(a, b, (p, q) => p && q)
export const rleSubtract = (a: Rle, b: Rle) => combine(a, b, (p, q) => p && !q)
export const emptyRle = (height: number, width: number): Rle => encodeRle({ height, width, counts: [height * width] })

/** The union or intersection of all masks; a single mask is returned unchanged. */
export function rleMerge(masks: readonly Rle[], how: 'union' | 'intersection' = 'union'): Rle {
  if (masks.length === 0) throw new Error('expected at least one mask to merge')
  return masks.reduce(how === 'union' ? rleUnion : rleIntersection)
}

/**
 * Intersection over union, 0 to 1; with `crowd`, over the area of `a` alone (COCO's rule if b is a crowd). 0 if both
 * are empty.
 */
export function rleIou(a: Rle, b: Rle, crowd = false): number {
  const inter = rleArea(rleIntersection(a, b))
  const union = crowd ? rleArea(a) : rleArea(a) + rleArea(b) - inter
  return union > 0 ? inter / union : 0
}

export function rleContains(rle: Rle, x: number, y: number): boolean {
  const [height, width] = rle.size
  if (!(x >= 0 && y >= 0 && x < width && y < height)) return false
  const index = Math.floor(x) * height + Math.floor(y)
  let at = 0
  for (const [i, n] of decodeCounts(rle.counts).entries()) {
    at += n
    if (index < at) return i % 2 === 1
  }
  return false
}
