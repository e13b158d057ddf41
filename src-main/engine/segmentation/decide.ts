/** From the logits of several queries to one mask each. */
import { rleBox } from '#shared/geometry/rle.ts'
import type { Box, Rle } from '#shared/model/shape.ts'
import { eachColumn, MaskBuilder, type Plane, type Size } from './planes.ts'

export interface QueryMask {
  /** Index of the query. */
  readonly query: number
  /** Mean probability of the mask's pixels. */
  readonly score: number
  readonly box: Box
  readonly mask: Rle
}

export interface DecideOptions {
  /** Probability that a pixel must reach. */
  readonly threshold: number
  /** The first queries get masks, the others are the background that competes with them. All by default. */
  readonly wanted?: number
}

/**
 * The masks of queries that have any pixel, at the image's size. Queries that don't compete are decided by the sigmoid
 * of their logits. Of competing ones, a pixel belongs to the likeliest; its probability is the softmax over all.
 * Logits, not probabilities, are interpolated, as in NACLIP.
 */
export function decide(
  planes: readonly Plane[],
  image: Size,
  competing: boolean,
  { threshold, wanted = planes.length }: DecideOptions,
): QueryMask[] {
  const found = planes.slice(0, wanted).map(() => ({ mask: new MaskBuilder(image), sum: 0 }))
  if (competing) competingMasks(planes, image, threshold, found)
  else
    found.forEach((own, i) =>
      eachColumn(planes[i]!, image, (column) => {
        for (let y = 0; y < column.length; y++) {
          const p = 1 / (1 + Math.exp(-column[y]!))
          own.mask.add(p > threshold)
          if (p > threshold) own.sum += p
        }
      }),
    )
  return found.flatMap(({ mask, sum }, query) => {
    if (!mask.area) return []
    const rle = mask.build()
    return [{ query, score: sum / mask.area, box: rleBox(rle), mask: rle }]
  })
}

function competingMasks(
  planes: readonly Plane[],
  { width, height }: Size,
  threshold: number,
  found: { mask: MaskBuilder; sum: number }[],
): void {
  // Strips of columns bound the memory: all queries are needed at a pixel, and each plane is walked by columns.
  const strip = Math.max(1, Math.floor(2 ** 20 / (planes.length * height)))
  for (let from = 0; from < width; from += strip) {
    const columns = planes.map((plane) => columnsOf(plane, { width, height }, from, Math.min(width, from + strip)))
    for (let i = 0; i < columns[0]!.length; i++) {
      let best = 0
      for (let q = 1; q < planes.length; q++) if (columns[q]![i]! > columns[best]![i]!) best = q
      let total = 0
      for (const column of columns) total += Math.exp(column[i]! - columns[best]![i]!)
      const isSure = 1 / total > threshold
      for (let q = 0; q < found.length; q++) found[q]!.mask.add(isSure && q === best)
      if (isSure && best < found.length) found[best]!.sum += 1 / total
    }
  }
}

/** Columns [from, to) of the resized plane, one after the other. */
function columnsOf(plane: Plane, size: Size, from: number, to: number): Float32Array {
  const out = new Float32Array((to - from) * size.height)
  eachColumn(plane, size, (column, x) => out.set(column, (x - from) * size.height), from, to)
  return out
}
