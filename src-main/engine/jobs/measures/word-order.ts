import { cancelled } from '#shared/errors.ts'
import type { Item, WordOrder } from '#shared/model/job.ts'
import { Images } from '../../data/images.ts'
import { sameWords } from '../../data/word-swaps.ts'
import { wilson } from '../../metrics/wilson.ts'
import { prefersOwn, TIE, winoground } from '../../metrics/word-order.ts'
import { wordOrder } from '../../tasks/contrast.ts'
import { imageFeatures, textFeatures, unitRows } from '../../tasks/embed.ts'
import { defineMeasure } from '../measure.ts'

/** Within each split: whether a caption is nearer to its image than the same words in another order. */
export default defineMeasure({
  id: wordOrder.id,
  order: 5,
  title: wordOrder.title,
  main: 'score',
  about: 'captions against the same words swapped, as Winoground',
  async measure(model, data, { hooks, provider, pictures, patience }) {
    const names = Object.keys(data.splits)
    const told = names.map((name) => data.splits[name]!.filter((item) => item.captions?.length))
    const isCancelled = () => {
      if (hooks.isCancelled()) throw cancelled()
    }
    const features = unitRows(
      await imageFeatures(model, new Images(told.flat(), pictures, patience), {
        ...{ provider, cache: data.cache, isCancelled },
        onProgress: (done, total) => hooks.onProgress({ phase: 'evaluating', done, total }),
      }),
      model.dim,
    )
    const texts = [...new Set(told.flat().flatMap((item) => (item.swaps ?? []).flatMap(({ caption, swapped }) => [caption, swapped])))]
    const at = new Map(texts.map((text, i) => [text, i]))
    isCancelled()
    const worded = texts.map((text) => model.captionTemplate.replace('{}', () => text))
    const rows = texts.length ? await textFeatures(model, worded, { provider }) : new Float32Array(0)
    const cosine = (image: number, text: string) => {
      const [x, y] = [image * model.dim, at.get(text)! * model.dim]
      let sum = 0
      for (let i = 0; i < model.dim; i++) sum += features[x + i]! * rows[y + i]!
      return sum
    }
    let first = 0
    const splits = names.map((name, k) => {
      const from = first
      first += told[k]!.length
      return [name, splitOf(told[k]!, (image, text) => cosine(from + image, text))] as const
    })
    return { task: 'word-order', splits: Object.fromEntries(splits) }
  },
})

/** @param cosine of an image, by its place among the items, and a text */
function splitOf(items: readonly Item[], cosine: (image: number, text: string) => number): WordOrder {
  const swaps = items.flatMap((item, image) => (item.swaps ?? []).map((swap) => ({ image, ...swap })))
  const found = swaps.map(({ image, caption, swapped }) => [cosine(image, caption), cosine(image, swapped)] as const)
  const right = found.filter(([own, swapped]) => prefersOwn(own, swapped)).length
  const quadruples = pairsOf(swaps).map(([a, b]) =>
    winoground({
      c0i0: cosine(a.image, a.caption),
      c1i0: cosine(a.image, b.caption),
      c0i1: cosine(b.image, a.caption),
      c1i1: cosine(b.image, b.caption),
    }),
  )
  const share = (of: 'text' | 'image' | 'group') => quadruples.filter((q) => q[of]).length / quadruples.length
  return {
    n: new Set(swaps.map((s) => s.image)).size,
    swaps: swaps.length,
    score: swaps.length ? right / swaps.length : null,
    interval: swaps.length ? wilson(right, swaps.length) : null,
    ties: found.filter(([own, swapped]) => Math.abs(own - swapped) <= TIE).length,
    pairs: quadruples.length ? { n: quadruples.length, text: share('text'), image: share('image'), group: share('group') } : null,
  }
}

interface Swap {
  readonly image: number
  readonly caption: string
  readonly swapped: string
}

/** Two images of which each has the other's caption with two phrases swapped; every two images and captions once. */
function pairsOf(swaps: readonly Swap[]): [Swap, Swap][] {
  const byCaption = new Map<string, Swap[]>()
  for (const swap of swaps) {
    const key = sameWords(swap.caption)
    byCaption.set(key, [...(byCaption.get(key) ?? []), swap])
  }
  return swaps.flatMap((a) =>
    (byCaption.get(sameWords(a.swapped)) ?? []).flatMap((b): [Swap, Swap][] =>
      a.image < b.image && sameWords(b.swapped) === sameWords(a.caption) ? [[a, b]] : [],
    ),
  )
}
