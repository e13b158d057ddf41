import { Rng } from '../data/rng.ts'
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

/** Quantile of ascending values, with linear interpolation. */
function quantile(sorted: Float64Array, q: number): number {
  const at = q * (sorted.length - 1)
  const below = sorted[Math.floor(at)]!
  return below + (at - Math.floor(at)) * (sorted[Math.ceil(at)]! - below)
}
