/** What a training of two towers is worth so far: how well the captions of `val` find their images, and images their captions. */
import { fingerprint } from '../data/cache.ts'
import { cropAndNormalise, outputSize } from '../data/preprocess.ts'
import type { Graph } from '../graph/graph.ts'
import { textTower } from '../models/families.ts'
import { bothWays } from '../metrics/retrieval.ts'
import type { Params } from '../nn/params.ts'
import { BatchSession } from '../runtime/infer.ts'
import type { Trainer } from '../runtime/train.ts'
import { batchOf, tokensOf, unitRows } from '../tasks/embed.ts'
import type { Judge } from './judges.ts'
import { toldOf } from './pairs.ts'
import type { Run } from './run.ts'

/**
 * The mean of recall@1 in both directions. Undefined if no image of `val` has a caption.
 * @param of `locked`: the image tower is not trained
 */
export function byRecall(
  run: Run,
  training: { readonly trainer: Trainer },
  of: { readonly params: (graph: Graph) => Params; readonly locked: boolean; readonly wording: (caption: string) => string },
): Judge | undefined {
  const { model } = run
  const { provider } = run.o
  const told = toldOf(run, 'val')
  if (!told.length) return undefined
  const text = textTower(model, 'recall')
  const images = run.split('val')
  const { height, width } = outputSize(model.preprocess)
  const captions = [...new Set(told.flatMap((t) => t.captions))]
  const at = new Map(captions.map((caption, i) => [caption, i]))
  const own = told.map((t) => t.captions.map((caption) => at.get(caption)!))
  const key = fingerprint(model.preprocess)
  const batch = batchOf(32, told.length, model.image.activations(height, width))
  let sessions: { image?: BatchSession; text: BatchSession } | undefined

  const open = async () => ({
    ...(!of.locked && {
      image: await BatchSession.create(
        batch,
        ['pixels'],
        (graph, b) => ({ y: model.image.embed(of.params(graph), graph.input('pixels', 'float32', [b, 3, height, width])) }),
        { provider },
      ),
    }),
    text: await BatchSession.create(
      batchOf(64, captions.length, text.activations),
      ['ids', 'at'],
      (graph, b) => {
        const p = of.params(graph)
        const ids = graph.input('ids', 'int32', [b, text.context])
        return { y: text.embed(p, text.tokens(p, ids), graph.input('at', 'int32', [b])) }
      },
      { provider },
    ),
  })

  const imageRows = async (session: BatchSession | undefined, weights: ReturnType<Trainer['weights']>) => {
    const rows = new Float32Array(told.length * model.dim)
    if (!session) {
      const features = await run.featuresOf('val')
      told.forEach(({ row }, i) => rows.set(features.subarray(row * model.dim, (row + 1) * model.dim), i * model.dim))
      return rows
    }
    for (let from = 0; from < told.length; from += batch) {
      run.check()
      const pixels = await Promise.all(told.slice(from, from + batch).map(({ row }) => images.resized(row, model.preprocess, key)))
      const { y } = await session.run(
        pixels.length,
        (row, into, slot) => cropAndNormalise(pixels[row]!, model.preprocess, into['pixels'] as Float32Array, slot * 3 * height * width),
        weights,
      )
      rows.set(y!, from * model.dim)
    }
    return rows
  }
  return {
    async measure() {
      sessions ??= await open()
      const weights = training.trainer.weights({ ema: true })
      const words = captions.map(of.wording)
      const { y } = await sessions.text.run(words.length, tokensOf(model, text, words), weights)
      const found = bothWays(
        { rows: unitRows(await imageRows(sessions.image, weights), model.dim), own },
        { rows: unitRows(y!, model.dim), n: captions.length },
        model.dim,
        [1],
      )
      return (found.texts[0]! + found.images[0]!) / 2
    },
    async release() {
      await sessions?.image?.release()
      await sessions?.text.release()
    },
  }
}
