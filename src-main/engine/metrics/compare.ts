import { pairedBootstrap, type BootstrapOptions } from './bootstrap.ts'
import { mcnemar, type McNemar } from './mcnemar.ts'
import type { Interval } from './wilson.ts'

export interface Comparison {
  readonly n: number
  /** Accuracy of the first model minus that of the second. */
  readonly difference: number
  /** Interval of the difference: paired bootstrap, 95%. */
  readonly interval: Interval
  readonly mcnemar: McNemar
  /** Indices of the examples that only the first model got right, and that only the second did. */
  readonly gained: number[]
  readonly lost: number[]
}

/** Compares two models on the same examples in the same order; `a` and `b` [n] are 1 for a correct answer. */
export function compareOutcomes(a: ArrayLike<number>, b: ArrayLike<number>, options?: BootstrapOptions): Comparison {
  const interval = pairedBootstrap(a, b, options)
  const gained: number[] = []
  const lost: number[] = []
  for (let i = 0; i < a.length; i++) {
    if (a[i]! > b[i]!) gained.push(i)
    if (a[i]! < b[i]!) lost.push(i)
  }
  const difference = (gained.length - lost.length) / a.length
  return { n: a.length, difference, interval, mcnemar: mcnemar(gained.length, lost.length), gained, lost }
}
