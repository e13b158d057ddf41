/** How images are usually divided: with few of them, more are needed to choose on. */

/** Fewer training images than this teach a classifier on top, hardly the model below it. */
export const FEW_IMAGES = 20

/** Split → fraction; sums to 1. @param n images that are of use */
export function usualShares(n: number): Readonly<Record<string, number>> {
  if (n < FEW_IMAGES) return { train: 0.6, val: 0.4 }
  return n < 200 ? { train: 0.7, val: 0.15, test: 0.15 } : { train: 0.8, val: 0.1, test: 0.1 }
}
