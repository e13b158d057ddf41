import { cancelled } from '#shared/errors.ts'
import type { Retrieval } from '#shared/model/job.ts'
import { Images } from '../../data/images.ts'
import { bothWays } from '../../metrics/retrieval.ts'
import { contrast } from '../../tasks/contrast.ts'
import { imageFeatures, textFeatures, unitRows } from '../../tasks/embed.ts'
import { defineMeasure } from '../measure.ts'

const RANKS = [1, 5, 10] as const
/** The id of the metric (metrics/records). */
const metric = (k: number) => `recallAt${k}`

/** Retrieval within each split: images look for their captions among all of the split, and captions for their images. */
export default defineMeasure({
  id: contrast.id,
  order: 4,
  title: contrast.title,
  main: metric(RANKS[0]),
  about: 'captions of images',
  async measure(model, data, { hooks, provider, pictures, patience }) {
    const stops = () => {
      if (hooks.isCancelled()) throw cancelled()
    }
    const names = Object.keys(data.splits)
    const told = names.map((name) => data.splits[name]!.filter((item) => item.captions?.length))
    const all = told.flat()
    const features = await imageFeatures(model, new Images(all, pictures, patience), {
      ...{ provider, cache: data.cache, isCancelled: stops },
      onProgress: (done, total) => hooks.onProgress({ phase: 'evaluating', done, total }),
    })
    const splits: Record<string, Retrieval> = {}
    let row = 0
    for (const [i, name] of names.entries()) {
      const items = told[i]!
      const rows = features.slice(row * model.dim, (row += items.length) * model.dim)
      if (!items.length) {
        splits[name] = { n: 0, captions: 0, score: null, texts: {}, images: {} }
        continue
      }
      const captions = [...new Set(items.flatMap((item) => item.captions!))]
      const at = new Map(captions.map((caption, k) => [caption, k]))
      const worded = captions.map((caption) => model.captionTemplate.replace('{}', () => caption))
      stops()
      const found = bothWays(
        { rows: unitRows(rows, model.dim), own: items.map((item) => [...new Set(item.captions!.map((caption) => at.get(caption)!))]) },
        { rows: await textFeatures(model, worded, { provider }), n: captions.length },
        model.dim,
        RANKS,
      )
      const named = (values: readonly number[]) => Object.fromEntries(RANKS.map((k, j) => [metric(k), values[j]!]))
      splits[name] = {
        ...{ n: items.length, captions: captions.length, score: (found.texts[0]! + found.images[0]!) / 2 },
        ...{ texts: named(found.texts), images: named(found.images) },
      }
    }
    return { task: 'contrast', splits }
  },
})
