/** Whether one row is better than another on the same images. */
import { points, pValue } from '#shared/format.ts'
import type { ReportScore } from '#shared/model/report.ts'
import { compareOutcomes, normalTail } from '../../engine/metrics/index.ts'

export interface Paired {
  /** Of the first row's accuracy minus the second's. */
  readonly interval: readonly [number, number]
  readonly p: number
  /** The test, and how many images it rests on. */
  readonly how: string
  /** Whether all seeds have the sign of the mean. */
  readonly agreed: boolean
  /** Images with which a difference of this size would be found four times in five, at 5%; Infinity if there is none. */
  readonly needed: number
}

/** Null if the outcomes on the same number of images, by the same number of seeds, are not known. */
export function paired(a: ReportScore, b: ReportScore): Paired | null {
  const seeds = a.seeds?.length ?? 1
  if (!a.outcomes || !b.outcomes || a.outcomes.length !== b.outcomes.length || seeds !== (b.seeds?.length ?? 1)) return null
  const [right, wrong] = [a.outcomes, b.outcomes].map((text) => [...text].map((x) => Number(x) / seeds)) as [number[], number[]]
  const apart = right.map((x, i) => x - wrong[i]!)
  const n = apart.length
  const difference = apart.reduce((sum, x) => sum + x, 0) / n
  const variance = apart.reduce((sum, x) => sum + (x - difference) ** 2, 0) / Math.max(1, n - 1)
  // Quantiles of the normal distribution for 5% on two sides, and for four in five.
  const needed = difference === 0 ? Infinity : Math.ceil(((1.96 + 0.8416) ** 2 * variance) / difference ** 2)
  if (seeds === 1) {
    const { interval, mcnemar } = compareOutcomes(right, wrong)
    const test = mcnemar.method === 'exact' ? 'exact McNemar' : 'McNemar χ²'
    return { interval, p: mcnemar.p, how: `${test}, ${mcnemar.b + mcnemar.c} of ${n} pictures differ`, agreed: true, needed }
  }
  const error = Math.sqrt(variance / n)
  const bySeed = a.seeds!.map((x, i) => x - b.seeds![i]!)
  return {
    interval: [difference - 1.96 * error, difference + 1.96 * error],
    p: error === 0 ? 1 : normalTail(difference / error),
    how: `paired over ${n} pictures, each the mean of ${seeds} seeds, which say ${bySeed.map(points).join(', ')}`,
    agreed: bySeed.every((x) => Math.sign(x) === Math.sign(difference)),
    needed,
  }
}

/** The interval and the test in words. @param p corrected for `of` comparisons */
export const testedText = ({ interval, how }: Paired, p: number, of: number): string =>
  `, 95% interval ${interval.map(points).join(' to ')} (${how}, ${of > 1 ? 'corrected ' : ''}${pValue(p)})`
