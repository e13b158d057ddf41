/** From the logits of several queries to one mask each. */
import { rleBox } from '#shared/geometry/rle.ts'
import type { Box, Rle } from '#shared/model/shape.ts'
import { columnsOf, MaskBuilder, type Plane, resized, type Size } from './planes.ts'

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
    found.forEach((own, i) => {
      const source = resized(columnsOf(planes[i]!), image)
      for (let x = 0; x < image.width; x++) {
        const column = source.column(x)
        for (let y = 0; y < column.length; y++) {
          const p = 1 / (1 + Math.exp(-column[y]!))
          own.mask.add(p > threshold)
          if (p > threshold) own.sum += p
        }
      }
    })
  return found.flatMap(({ mask, sum }, query) => {
    if (!mask.area) return []
    const rle = mask.build()
    return [{ query, score: sum / mask.area, box: rleBox(rle), mask: rle }]
  })
}

function competingMasks(planes: readonly Plane[], image: Size, threshold: number, found: { mask: MaskBuilder; sum: number }[]): void {
  const sources = planes.map((plane) => resized(columnsOf(plane), image))
  for (let x = 0; x < image.width; x++) {
    const columns = sources.map((source) => source.column(x))
    for (let y = 0; y < image.height; y++) {
      let best = 0
      for (let q = 1; q < planes.length; q++) if (columns[q]![y]! > columns[best]![y]!) best = q
      let total = 0
      for (const column of columns) total += Math.exp(column[y]! - columns[best]![y]!)
      const isSure = 1 / total > threshold
      for (let q = 0; q < found.length; q++) found[q]!.mask.add(isSure && q === best)
      if (isSure && best < found.length) found[best]!.sum += 1 / total
    }
  }
}
