import { Rng } from './rng.ts'

/** A run's position in its data: the next batch to consume. Saved with a checkpoint, it resumes the same sequence. */
export interface DataPosition {
  epoch: number
  /** Number of batches of this epoch already consumed. */
  batch: number
}

/** The order of `n` examples in one epoch: the same for the same (seed, epoch) on every machine. */
export function epochOrder(n: number, epoch: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i)
  return Rng.of(seed, epoch, 0x0e9).shuffle(order)
}

export interface BatchPlan {
  /** Number of examples. */
  n: number
  batchSize: number
  /** Seed for shuffling each epoch; without one the order is 0, 1, 2 … */
  seed?: number
  /**
   * An incomplete last batch is dropped, or padded with the epoch's first examples (`count` is the number of real
   * ones).
   */
  last: 'drop' | 'pad'
  /** The epoch to stop before; endless by default. */
  epochs?: number
}

/** Number of batches per epoch: 0 if the only batch is incomplete and dropped. */
export const batchesPerEpoch = ({ n, batchSize, last }: BatchPlan) =>
  last === 'drop' ? Math.floor(n / batchSize) : Math.ceil(n / batchSize)

export interface Batch<T> {
  data: T
  /** `batchSize` example indices, of which the last `batchSize − count` are padding. */
  indices: Uint32Array
  count: number
  epoch: number
  /** The position after this batch, to be saved once the batch is consumed. */
  next: DataPosition
}

/** The argument of `load`. */
export type BatchRequest = Omit<Batch<never>, 'data'> & {
  /** In 0 … prefetch, never the slot of a batch still in use: buffers can be reused per slot. */
  slot: number
}

/**
 * Yields batches in order, loading `prefetch` of them ahead. Loading starts before a batch is handed over, so that
 * decoding on libuv's threads continues during a blocking training step. A batch's data depends only on plan and
 * position. A failed load is thrown when its batch is due; leaving the loop waits for pending loads.
 * @param from the position to start or resume at
 */
export async function* batches<T>(
  plan: BatchPlan,
  load: (request: BatchRequest) => Promise<T>,
  { prefetch = 1, from = { epoch: 0, batch: 0 } }: { prefetch?: number; from?: DataPosition } = {},
): AsyncGenerator<Batch<T>, void, void> {
  const requests = schedule(plan, from, prefetch + 1)
  const ahead: { request: BatchRequest; data: Promise<T> }[] = []
  const start = () => {
    const next = requests.next()
    if (next.done) return
    const data = load(next.value)
    data.catch(() => undefined) // thrown when awaited below; avoids an unhandled rejection until then
    ahead.push({ request: next.value, data })
  }
  try {
    for (let i = 0; i < prefetch; i++) start()
    for (;;) {
      start()
      const current = ahead.shift()
      if (!current) return
      const { slot: _, ...batch } = current.request
      yield { ...batch, data: await current.data }
    }
  } finally {
    await Promise.allSettled(ahead.map(({ data }) => data))
  }
}

function* schedule(plan: BatchPlan, from: DataPosition, slots: number): Generator<BatchRequest, void, void> {
  const { n, batchSize, seed, epochs = Infinity } = plan
  const perEpoch = batchesPerEpoch(plan)
  if (perEpoch === 0) return
  let step = 0
  for (let epoch = from.epoch, first = from.batch; epoch < epochs; epoch++, first = 0) {
    const order = seed === undefined ? Uint32Array.from({ length: n }, (_, i) => i) : epochOrder(n, epoch, seed)
    for (let batch = first; batch < perEpoch; batch++) {
      const start = batch * batchSize
      yield {
        indices: Uint32Array.from({ length: batchSize }, (_, i) => order[(start + i) % n]!),
        count: Math.min(batchSize, n - start),
        epoch,
        next: batch + 1 < perEpoch ? { epoch, batch: batch + 1 } : { epoch: epoch + 1, batch: 0 },
        slot: step++ % slots,
      }
    }
  }
}
