import { Rng } from './rng.ts'

/** A run's position in its data: the next batch to be consumed. Saved with a checkpoint, it resumes the same sequence. */
export interface DataPosition {
  epoch: number
  /** Batches of this epoch that are already consumed. */
  batch: number
}

/** The order of `n` examples in one epoch: the same for the same (seed, epoch) on every machine. */
export function epochOrder(n: number, epoch: number, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i)
  return Rng.of(seed, epoch, 0x0e9).shuffle(order)
}

export interface BatchPlan {
  /** How many examples there are. */
  n: number
  batchSize: number
  /** Seed for shuffling each epoch; without one the order is 0, 1, 2 … */
  seed?: number
  /** An incomplete last batch is dropped, or filled up with the epoch's first examples (`count` tells the real ones). */
  last: 'drop' | 'pad'
  /** The epoch to stop before; endless by default. */
  epochs?: number
}

/** Full batches of an epoch. A plan that drops its only batch gives none. */
export const batchesPerEpoch = ({ n, batchSize, last }: BatchPlan) =>
  last === 'drop' ? Math.floor(n / batchSize) : Math.ceil(n / batchSize)

export interface Batch<T> {
  data: T
  /** The examples, `batchSize` of them, the last `batchSize − count` being padding. */
  indices: Uint32Array
  count: number
  epoch: number
  /** The position after this batch: save it once the batch is consumed. */
  next: DataPosition
}

/** What `load` is called with. */
export type BatchRequest = Omit<Batch<never>, 'data'> & {
  /** 0 … prefetch, never that of a batch still in use: buffers may be kept, one a slot. */
  slot: number
}

/**
 * Batches in order, `prefetch` of them being loaded while one is consumed: loading starts before the consumer is given the
 * batch, so that decoding on libuv's threads goes on while a blocking training step runs. Which data a batch holds depends
 * on plan and position only. A failed load is thrown when its turn comes; leaving the loop waits for the loads under way.
 * @param from where to start or go on
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
    data.catch(() => undefined) // reported when awaited below, not as unhandled before
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
