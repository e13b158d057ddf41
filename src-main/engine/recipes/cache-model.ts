/**
 * Tip-Adapter's cache model (Zhang et al. 2022, Tip-Adapter: training-free adaption of CLIP for few-shot classification;
 * gaopengcuhk/Tip-Adapter main.py, utils.py): the features of the training images are keys, their labels values.
 */
import type { z } from 'zod'
import type { Value } from '../graph/graph.ts'
import { paramsFor } from '../models/model.ts'
import { add, exp, gemm, mul, sub } from '../ops/index.ts'
import { BatchSession } from '../runtime/infer.ts'
import { outlining } from '../runtime/outline.ts'
import { batchOf, unitRows } from '../tasks/embed.ts'
import { affinities, headLogits, labelsOf } from '../tasks/head-logits.ts'
import type { ExampleCache, Head } from '../weights/head.ts'
import { featuresPhases, type PhaseCost } from './phases.ts'
import type { Run } from './run.ts'
import type { caching } from './settings.ts'
import { pixelBatches } from './views.ts'

export type Caching = { [K in keyof typeof caching]: z.output<(typeof caching)[K]> }

export const cachePhases = ({ views, augmentation }: Caching, images: (split: string) => number): PhaseCost[] => {
  const [train, val] = featuresPhases(images)
  return [
    { ...train!, cost: Math.max(1, images('train') * (augmentation === 'none' ? 1 : views)) },
    { ...val!, cost: Math.max(1, images('val')) },
    { name: 'cache-search', cost: Math.max(1, images('val') / 20) },
  ]
}

/** Before they are searched for (init_alpha, init_beta). */
const START = { alpha: 1, beta: 1 }

/** The cache of the training images: keys are the normalised means of the features of their varied views. */
export async function exampleCache(run: Run, s: Caching): Promise<ExampleCache> {
  const { n, labels } = run.split('train')
  const classes = run.o.classes.length
  const values = new Float32Array(n * classes)
  labels.forEach((label, i) => (values[i * classes + label] = 1))
  return {
    ...START,
    values,
    keys: s.augmentation === 'none' ? (await run.featuresOf('train')).slice() : await meanViews(run, s),
  }
}

/** [n, dim], each row of length 1. */
async function meanViews(run: Run, s: Caching): Promise<Float32Array> {
  const { model } = run
  const { n } = run.split('train')
  const { dim } = model
  const sums = new Float32Array(n * dim)
  if (outlining()) return sums
  const pictures = pixelBatches(run, s, { epochOf: (view) => view })
  const { height, width } = pictures
  const batch = batchOf(32, n, model.image.activations(height, width))
  const session = await BatchSession.create(
    batch,
    ['pixels'],
    (g, b) => ({ y: model.image.embed(paramsFor(model, g, model.weights), g.input('pixels', 'float32', [b, 3, height, width])) }),
    { provider: run.o.provider },
  )
  try {
    for (let view = 0; view < s.views; view++)
      for (let from = 0; from < n; from += batch) {
        run.check()
        const rows = Array.from({ length: Math.min(batch, n - from) }, (_, i) => from + i)
        const pixels = (await pictures.read(rows, view)).data as Float32Array
        const size = pixels.length / rows.length
        const { y } = await session.run(rows.length, (row, into, slot) =>
          (into['pixels'] as Float32Array).set(pixels.subarray(row * size, (row + 1) * size), slot * size),
        )
        y!.forEach((x, i) => (sums[from * dim + i]! += x))
        run.o.onProgress({ phase: 'features', part: 'train', done: view * n + from + rows.length, total: s.views * n })
      }
  } finally {
    await session.release()
  }
  return unitRows(sums, dim)
}

/** What the cache adds to the logits of features [B, dim]: [B, C]. */
export function cacheLogits(features: Value, keys: Value, values: Value, { alpha, beta }: Pick<ExampleCache, 'alpha' | 'beta'>): Value {
  const affinity = gemm(features, keys, undefined, { transB: true })
  return mul(gemm(exp(mul(sub(affinity, 1), beta)), values), alpha)
}

/** The logits [B, C] of a linear classifier and a cache. */
export const withCache = (features: Value, weight: Value, bias: Value, added: Value): Value =>
  add(gemm(features, weight, bias, { transB: true }), added)

export interface Searched {
  readonly alpha: number
  readonly beta: number
  /** Accuracy on `val`; absent if there are no such images, where α and β stay as they were. */
  readonly accuracy?: number
  /** The share of wrong answers for each β, at its best α. */
  readonly errors: readonly number[]
}

/**
 * α and β by accuracy on `val`, over the reference's grids: β from 0.1 up to `betaMost`, α from 0.1 up to `alphaMost`. The
 * first of equals is taken.
 */
export async function searchCache(run: Run, head: Head, s: Caching): Promise<Searched> {
  const { cache, dim } = head
  const { n, labels } = run.split('val')
  if (!n || !cache) return { ...START, errors: [] }
  const judged = await run.featuresOf('val')
  const [betas, alphas] = [grid(s.betaMost, s.betaSteps), grid(s.alphaMost, s.alphaSteps)]
  const classes = head.classes.length
  const linear = headLogits(judged, { ...head, cache: undefined })
  const affine = affinities(cache.keys, dim)
  const valued = labelsOf(cache.values, classes)
  const right = betas.map(() => new Int32Array(alphas.length))
  for (let i = 0; i < n; i++) {
    if (i % 64 === 0) {
      run.check()
      await new Promise((resolve) => setImmediate(resolve))
    }
    const near = affine(judged.subarray(i * dim, (i + 1) * dim))
    const own = linear.subarray(i * classes, (i + 1) * classes)
    betas.forEach((beta, b) => {
      const added = new Float64Array(classes)
      near.forEach((a, key) => {
        const e = Math.exp(-beta * (1 - a))
        for (const [k, value] of valued[key]!) added[k]! += e * value
      })
      alphas.forEach((alpha, a) => (right[b]![a]! += Number(best(own, added, alpha) === labels[i])))
    })
  }
  const most = right.map((counts) => Math.max(...counts))
  most.forEach((count, b) => run.o.onProgress({ phase: 'cache-search', done: b + 1, total: betas.length, loss: 1 - count / n }))
  const at = most.indexOf(Math.max(...most))
  return {
    alpha: alphas[right[at]!.indexOf(most[at]!)]!,
    beta: betas[at]!,
    accuracy: most[at]! / n,
    errors: most.map((count) => 1 - count / n),
  }
}

/** From 0.1 in equal steps to just below `most`. */
const grid = (most: number, steps: number) => Array.from({ length: steps }, (_, i) => (i * (most - 0.1)) / steps + 0.1)

function best(linear: Float32Array, added: Float64Array, alpha: number): number {
  let [at, most] = [0, -Infinity]
  for (let k = 0; k < linear.length; k++) {
    const x = linear[k]! + alpha * added[k]!
    if (x > most) [at, most] = [k, x]
  }
  return at
}
