/** How fast a device is: a matrix product, training steps and features, with weights and state in its memory. */
import type { NetworkFigures } from '#shared/model/devices.ts'
import { cancelled } from '#shared/errors.ts'
import { Graph } from '../graph/graph.ts'
import { matmul, reduceSum } from '../ops/index.ts'
import { adamW } from '../optim/optimizer.ts'
import { BatchSession, type FillRow } from '../runtime/infer.ts'
import { type Provider, Session, tensor } from '../runtime/session.ts'
import { Trainer } from '../runtime/train.ts'
import { type Network, noise } from './networks.ts'

export interface Measuring {
  readonly provider: Provider
  /** Seconds after which a part has been measured long enough; the first run, in which kernels are compiled, counts. */
  readonly seconds: number
  readonly isCancelled: () => boolean
}

const RUNS = 30
/** Runs before those that count: kernels are compiled, arenas grow. */
const WARM = 3
const LR = 1e-4

/** Products in a row, so that what is copied in and out matters little. */
const CHAIN = 8

/** GFLOP/s of products [size, size]·[size, size], the best of several runs of a chain of them. */
export async function measureProduct(size: number, m: Measuring): Promise<number> {
  const graph = new Graph()
  const b = graph.constant(noise(size * size, Math.sqrt(3 / size)), 'float32', [size, size])
  let y = graph.input('a', 'float32', [size, size])
  for (let i = 0; i < CHAIN; i++) y = matmul(y, b)
  graph.output('y', reduceSum(y, { axes: [0, 1], keepdims: false }))
  const session = await Session.create(graph, { provider: m.provider })
  try {
    const a = tensor(noise(size * size, 1), 'float32', [size, size])
    const { all } = await timed(() => session.run({ a }), m)
    return (2 * CHAIN * size ** 3) / Math.min(...all) / 1e9
  } finally {
    await session.release()
  }
}

/** @throws what onnxruntime throws where the network does not fit into the device's memory */
export async function measureNetwork(network: Network, m: Measuring): Promise<Omit<NetworkFigures, 'nodes'>> {
  const { name, batch, parameters, tokens } = network
  const work = parameters * tokens * batch
  const figures = ({ median: seconds, all }: Timed, operations: number) => ({
    ...{ seconds, runs: all.length },
    imagesPerSecond: batch / seconds,
    gflops: operations / seconds / 1e9,
  })
  return {
    ...{ network: name, batch, parameters },
    step: figures(await stepTimes(network, m), 6 * work),
    features: figures(await featureTimes(network, m), 2 * work),
  }
}

async function stepTimes(network: Network, m: Measuring): Promise<Timed> {
  const trainer = await trainerOf(network, m.provider)
  try {
    const feeds = feedsOf(network)
    // The loss is read after each step, so that the device has done all of it.
    return await timed(() => trainer.step(feeds, LR), m)
  } finally {
    await trainer.release()
  }
}

async function featureTimes(network: Network, m: Measuring): Promise<Timed> {
  const { batch, side, pixels } = network
  const size = 3 * side * side
  const session = await BatchSession.create(batch, ['pixels'], (graph, rows) => ({ y: network.features(graph, rows) }), m)
  try {
    const fill: FillRow = (row, into, slot) =>
      (into['pixels'] as Float32Array).set(pixels.subarray(row * size, (row + 1) * size), slot * size)
    return await timed(() => session.run(batch, fill), m)
  } finally {
    await session.release()
  }
}

export const trainerOf = ({ task, initial }: Network, provider: Provider, profile?: string): Promise<Trainer> =>
  Trainer.create(task, initial, { optimizer: adamW(), clipNorm: 1, session: { provider, profile } })

export const feedsOf = ({ batch, side, pixels, labels }: Network) => ({
  pixels: tensor(pixels, 'float32', [batch, 3, side, side]),
  labels: tensor(labels, 'int32', [batch]),
})

interface Timed {
  readonly median: number
  readonly all: readonly number[]
}

/** Seconds of each run but the first ones. At least one counts. */
async function timed(run: () => Promise<unknown>, { seconds, isCancelled }: Measuring): Promise<Timed> {
  const began = performance.now()
  const all: number[] = []
  const late = () => performance.now() - began > 1000 * seconds
  for (let i = 0; all.length < RUNS; i++) {
    if (isCancelled()) throw cancelled()
    if (all.length && late()) break
    const start = performance.now()
    await run()
    if (i >= WARM || (i > 0 && late())) all.push((performance.now() - start) / 1000)
  }
  return { median: [...all].sort((a, b) => a - b)[all.length >> 1]!, all }
}
