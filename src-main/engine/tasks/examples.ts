import { epochOrder } from '../data/batches.ts'

export interface ExamplesOptions {
  readonly batchSize: number
  /** Batches per update (gradient accumulation); 1 by default. */
  readonly accumulate?: number
  readonly seed: number
  /** The order of an epoch; by default a shuffle derived from the seed. */
  readonly order?: (epoch: number) => ArrayLike<number> & { subarray(from: number, to: number): ArrayLike<number> }
}

export interface Examples {
  /** Examples per batch and batches per update, capped by the number of examples. */
  readonly batch: number
  readonly accumulate: number
  /** Updates per epoch; examples that do not fill a batch are skipped in that epoch. */
  readonly perEpoch: number
  epochOf(step: number): number
  /** Examples of micro-batch `micro` of step `step`: a function of the seed and these two numbers only. */
  rows(step: number, micro?: number): number[]
}

/** Every example once per epoch, in a new order each epoch. */
export function shuffled(n: number, { batchSize, accumulate: wanted = 1, seed, order }: ExamplesOptions): Examples {
  const batch = Math.min(batchSize, n)
  const accumulate = Math.min(wanted, Math.floor(n / batch))
  const perEpoch = Math.floor(n / (batch * accumulate))
  const orderOf = order ?? ((epoch: number) => epochOrder(n, epoch, seed))
  const epochOf = (step: number) => Math.floor(step / perEpoch)
  return {
    batch,
    accumulate,
    perEpoch,
    epochOf,
    rows(step, micro = 0) {
      const start = ((step % perEpoch) * accumulate + micro) * batch
      return Array.from(orderOf(epochOf(step)).subarray(start, start + batch))
    },
  }
}
