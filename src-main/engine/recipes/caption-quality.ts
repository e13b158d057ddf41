/**
 * Captions by how well they suit their images, as the base model sees it: pairs are put into bins of equal size by cosine (Kang et al.
 * 2023, "Noise-aware learning from web-crawled image-text data for image captioning", §3.2). There the bin is told to the model; here it
 * says how much the pair counts, since a contrastive model has no input for it.
 */
import { z } from 'zod'
import { outlining } from '../runtime/outline.ts'
import { textFeatures, unitRows } from '../tasks/embed.ts'
import type { Pair, Told } from './pairs.ts'
import type { Run } from './run.ts'
import { setting } from './settings.ts'

export const weighedByQuality = {
  qualityBins: setting(
    z.int().min(0).max(100).default(0),
    'Bins of captions by how well the model finds that they suit their images; those of lower bins count less (0: all count the same)',
    'モデルから見た画像との合い方でキャプションを分ける段数。低い段のものほど軽く数えます（0：すべて同じ重み）',
    { name: ['Bins of caption quality', 'キャプションの質の段数'], advanced: true },
  ),
  leastWeight: setting(
    z.number().min(0.01).max(1).default(0.2),
    'With bins, what a caption of the lowest bin weighs; one of the highest weighs 1',
    '段に分けるとき、最も低い段のキャプションの重み。最も高い段は 1 です',
    { name: ['Weight of the lowest bin', '最も低い段の重み'], advanced: true },
  ),
}

/** What a pair weighs; a text made of a class weighs 1. */
export async function captionWeights(
  run: Run,
  told: readonly Told[],
  { qualityBins: bins, leastWeight }: { readonly qualityBins: number; readonly leastWeight: number },
): Promise<(pair: Pair) => number> {
  if (bins < 2 || outlining()) return () => 1
  const d = run.model.dim
  const images = unitRows(Float32Array.from(await run.featuresOf('train')), d)
  const texts = [...new Set(told.flatMap(({ captions }) => captions))]
  const at = new Map(texts.map((text, i) => [text, i]))
  const words = await textFeatures(run.model, texts, { provider: run.o.provider })
  const pairs = told.flatMap((of) =>
    of.captions.map((text, caption) => {
      let cosine = 0
      for (let i = 0; i < d; i++) cosine += images[of.row * d + i]! * words[at.get(text)! * d + i]!
      return { of, caption, cosine }
    }),
  )
  const weights = new Map(told.map((of) => [of, new Array<number>(of.captions.length).fill(1)]))
  pairs
    .sort((a, b) => a.cosine - b.cosine)
    .forEach(({ of, caption }, rank) => {
      const bin = Math.floor((rank * bins) / pairs.length)
      weights.get(of)![caption] = leastWeight + ((1 - leastWeight) * bin) / (bins - 1)
    })
  return ({ of, caption }) => (caption < 0 ? 1 : weights.get(of)![caption]!)
}
