import { epochOrder } from '../data/batches.ts'

export interface ExamplesOptions {
  readonly batchSize: number
  /** Batches an update. */
  readonly accumulate?: number
  readonly seed: number
  /** The order of an epoch; shuffled by the seed unless told. */
  readonly order?: (epoch: number) => ArrayLike<number> & { subarray(from: number, to: number): ArrayLike<number> }
}

export interface Examples {
  /** Examples a batch, and batches an update: no more than there are examples. */
  readonly batch: number
  readonly accumulate: number
  /** Updates an epoch; the examples that fill no batch are left out of it. */
  readonly perEpoch: number
  epochOf(step: number): number
  /** Those of micro-batch `micro` of step `step`: they follow from the seed and these two numbers alone. */
  rows(step: number, micro?: number): number[]
}

/** Every example once an epoch, in an order of its own. */
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
