import { Rng } from '../data/rng.ts'
import type { Resampled } from './resampling.ts'
import type { Interval } from './wilson.ts'

export interface BootstrapOptions {
  readonly seed?: number
  readonly resamples?: number
  /** Coverage of the interval. */
  readonly level?: number
}

/** Percentile interval of the mean of `values` over resamples with replacement (Efron & Tibshirani 1993, ch. 13). */
export function bootstrapMean(values: ArrayLike<number>, { seed = 0, resamples = 2000, level = 0.95 }: BootstrapOptions = {}): Interval {
  const n = values.length
  if (n === 0) throw new RangeError('bootstrap: expected at least one value')
  const rng = Rng.of(seed)
  const means = new Float64Array(resamples)
  for (let r = 0; r < resamples; r++) {
    let sum = 0
    for (let i = 0; i < n; i++) sum += values[rng.int(n)]!
    means[r] = sum / n
  }
  means.sort()
  return [quantile(means, (1 - level) / 2), quantile(means, (1 + level) / 2)]
}

/** Interval of mean(a − b) for two models' results on the same examples, with examples resampled jointly. */
export function pairedBootstrap(a: ArrayLike<number>, b: ArrayLike<number>, options?: BootstrapOptions): Interval {
  if (a.length !== b.length)
    throw new RangeError(`paired bootstrap: expected results on the same examples, found ${a.length} and ${b.length}`)
  return bootstrapMean(
    Float64Array.from(a, (x, i) => x - b[i]!),
    options,
  )
}

export interface JointOptions extends BootstrapOptions {
  /** Called between resamples. */
  readonly rest?: () => Promise<void> | void
}

/**
 * The values of several scores on the same resamples of `n` examples, and of each pair the difference: intervals, and how
 * probable a difference at least that far on the other side of nought is, of both sides (ibid., ch. 15).
 */
export async function jointBootstrap(
  n: number,
  scores: readonly Resampled[],
  { seed = 0, resamples = 1000, level = 0.95, rest }: JointOptions = {},
) {
  const rng = Rng.of(seed)
  const values = scores.map(() => new Float64Array(resamples))
  const weights = new Uint32Array(n)
  for (let r = 0; r < resamples; r++) {
    weights.fill(0)
    for (let i = 0; i < n; i++) weights[rng.int(n)]!++
    for (const [s, score] of scores.entries()) values[s]![r] = score(weights)
    await rest?.()
  }
  const interval = (of: Float64Array): Interval => {
    const sorted = of.filter((x) => !Number.isNaN(x)).sort()
    return [quantile(sorted, (1 - level) / 2), quantile(sorted, (1 + level) / 2)]
  }
  return {
    interval: (s: number): Interval => interval(values[s]!),
    /** Of the first score minus the second. */
    difference(a: number, b: number): { readonly interval: Interval; readonly p: number } {
      const apart = values[a]!.map((x, r) => x - values[b]![r]!)
      const side = Math.min(
        apart.reduce((k, x) => k + Number(x >= 0), 0),
        apart.reduce((k, x) => k + Number(x <= 0), 0),
      )
      return { interval: interval(apart), p: Math.min(1, (2 * (side + 1)) / (resamples + 1)) }
    },
  }
}

/** Quantile of ascending values, with linear interpolation. */
function quantile(sorted: Float64Array, q: number): number {
  const at = q * (sorted.length - 1)
  const below = sorted[Math.floor(at)]!
  return below + (at - Math.floor(at)) * (sorted[Math.ceil(at)]! - below)
}
