/** What the current weights of a training are worth on the images of `val`. */
import { outputSize, cropAndNormalise } from '../data/preprocess.ts'
import { fingerprint } from '../data/cache.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { accuracy } from '../metrics/accuracy.ts'
import { softmaxRows } from '../metrics/predictions.ts'
import { BatchSession, type FillRow } from '../runtime/infer.ts'
import type { Tensor } from '../runtime/session.ts'
import type { Trainer } from '../runtime/train.ts'
import { batchOf } from '../tasks/embed.ts'
import type { Run } from './run.ts'

export interface Judge {
  measure(): Promise<number>
  release(): Promise<void>
}

/** A training with its judge, if there is one, which ends with it. */
export const judged = (trainer: Trainer, judge: Judge | undefined) => ({
  trainer,
  judge: judge?.measure,
  async release() {
    await trainer.release()
    await judge?.release()
  },
})

/** Builds logits [b, classes] from a model's input, with the weights that are trained as inputs of the graph. */
type Logits = (graph: Graph, b: number) => Value

/**
 * The share of images with the right label. Undefined if there are none.
 * @param classes further inputs of the graph, which depend on the weights
 */
export function byAccuracy(
  run: Run,
  trainer: Trainer,
  logits: Logits,
  classes?: { inputs(): Promise<Record<string, Tensor>>; release(): Promise<void> },
): Judge | undefined {
  const images = run.split('val')
  const { model } = run
  if (!images.n) return undefined
  const { height, width } = outputSize(model.preprocess)
  const batch = batchOf(32, images.n, model.image.activations(height, width))
  const chunk = batch * Math.max(1, Math.ceil(64 / batch))
  const key = fingerprint(model.preprocess)
  return ofRows(run, trainer, { batch, rows: 'pixels', logits, classes }, async (answer) => {
    const load = (from: number) =>
      Promise.all(images.items.slice(from, from + chunk).map((_, i) => images.resized(from + i, model.preprocess, key)))
    for (let from = 0; from < images.n; from += chunk) {
      run.check()
      const pixels = await load(from)
      await answer(from, pixels.length, (row, into, slot) =>
        cropAndNormalise(pixels[row]!, model.preprocess, into['pixels'] as Float32Array, slot * 3 * height * width),
      )
    }
  })
}

/** The same from features [n, dim] of the images. */
export function byFeatures(run: Run, trainer: Trainer, features: Float32Array, logits: Logits): Judge | undefined {
  const { n } = run.split('val')
  const { dim } = run.model
  if (!n) return undefined
  return ofRows(run, trainer, { batch: n, rows: 'features', logits }, (answer) =>
    answer(0, n, (row, into, slot) => (into['features'] as Float32Array).set(features.subarray(row * dim, (row + 1) * dim), slot * dim)),
  )
}

type Answer = (from: number, n: number, fill: FillRow) => Promise<void>

function ofRows(
  run: Run,
  trainer: Trainer,
  {
    batch,
    rows,
    logits,
    classes: fed,
  }: { readonly batch: number; readonly rows: string; readonly logits: Logits; readonly classes?: Parameters<typeof byAccuracy>[3] },
  over: (answer: Answer) => Promise<void>,
): Judge {
  const labels = run.split('val').labels
  const classes = run.o.classes.length
  let session: BatchSession | undefined
  return {
    async measure() {
      session ??= await BatchSession.create(batch, [rows], (graph, b) => ({ y: logits(graph, b) }), { provider: run.o.provider })
      const found = new Float32Array(labels.length * classes)
      const weights = { ...trainer.weights({ ema: true }), ...(await fed?.inputs()) }
      await over(async (from, n, fill) => found.set((await session!.run(n, fill, weights))['y']!, from * classes))
      run.answers = answersOf(found, labels, classes)
      return accuracy({ classes, labels, logits: found })
    },
    async release() {
      await session?.release()
      await fed?.release()
    },
  }
}

/** Images whose answers are reported, evenly spaced over the split. */
const SHOWN = 24

/** Of weights that exploded, whose next loss says so, there are none. */
export function answersOf(logits: Float32Array, labels: Int32Array, classes: number): Run['answers'] {
  const n = Math.min(SHOWN, labels.length)
  return Array.from({ length: n }, (_, i) => i).flatMap((i) => {
    const at = Math.floor((i * labels.length) / n)
    const p = softmaxRows(logits.subarray(at * classes, (at + 1) * classes), classes)
    const said = p.indexOf(Math.max(...p))
    return Number.isFinite(p[said]) ? [{ at, truth: labels[at]!, class: said, p: p[said]! }] : []
  })
}

/** The mean loss of batches of `batch` images, the last one filled up from the beginning. Undefined if there are none. */
export const byLoss = (
  run: Run,
  trainer: Trainer,
  batch: number,
  feeds: (rows: readonly number[]) => Promise<Record<string, Tensor>>,
): (() => Promise<number>) | undefined =>
  byMeanLoss(run, batch, async (rows) => (await trainer.measure(await feeds(rows), { ema: true })).loss)

/** The same of a loss that is computed otherwise. */
export function byMeanLoss(
  run: Run,
  batch: number,
  lossOf: (rows: readonly number[]) => Promise<number>,
): (() => Promise<number>) | undefined {
  const { n } = run.split('val')
  if (!n) return undefined
  return async () => {
    const batches = Math.ceil(n / batch)
    let sum = 0
    for (let b = 0; b < batches; b++) {
      run.check()
      sum += await lossOf(Array.from({ length: batch }, (_, i) => (b * batch + i) % n))
    }
    return sum / batches
  }
}
