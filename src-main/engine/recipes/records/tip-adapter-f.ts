/** Tip-Adapter-F: Zhang et al. 2022, §3.2; gaopengcuhk/Tip-Adapter main.py, run_tip_adapter_F. */
import { z } from 'zod'
import { adamW } from '../../optim/optimizer.ts'
import { type Caching, cacheLogits, cachePhases, exampleCache, searchCache, withCache } from '../cache-model.ts'
import { fitFrozen } from '../frozen-fit.ts'
import { startHead } from '../heads.ts'
import { overlay } from '../overlay.ts'
import { stepsOf } from '../phases.ts'
import { defineRecipe } from '../recipe.ts'
import type { Run, Trained } from '../run.ts'
import { accumulated, batchSize, caching, decay, epochs, keeping, rate, seeing, warmup } from '../settings.ts'

const settings = z.strictObject({
  epochs: epochs(20),
  batchSize: batchSize(256),
  accumulate: accumulated,
  lr: rate(1e-3),
  warmup: warmup(0),
  weightDecay: decay(0.01),
  ...caching,
  ...keeping,
  ...seeing,
})

export default defineRecipe({
  id: 'tip-adapter-f',
  order: 34,
  title: { en: 'Tip-Adapter-F', ja: 'Tip-Adapter-F' },
  about: {
    en: 'Tip-Adapter, then the features of the training images are tuned as the keys of the cache; the model stays as it is.',
    ja: 'Tip-Adapter の後、キャッシュのキーとなる学習画像の特徴量を調整します。モデル自体は変わりません。',
  },
  when: {
    en: 'Choose it for 4 to 16 images a class, when Tip-Adapter is not enough and some minutes are there.',
    ja: 'クラスあたり 4～16 枚で、Tip-Adapter では足りず、数分かけられるときに。',
  },
  citation: 'Zhang et al. 2022, Tip-Adapter: training-free adaption of CLIP for few-shot classification, arXiv:2207.09519',
  task: 'classify',
  needs: ['embedImage', 'embedText'],
  settings,
  mark: { label: 'Tip-Adapter-F', shape: 'arrow', light: '#7a4a00', dark: '#e6b566' },
  curve: { phase: 'training', over: 'steps' },
  leavesTowers: true,
  resumes: 'from the last saved step',
  phases: (s, images) => [
    ...cachePhases(s, images),
    { name: 'training', cost: Math.max(1, s.epochs * images('train') * (s.augmentation === 'none' ? 0.05 : 1)), measures: true },
  ],
  steps: stepsOf,
  run: tuneCache,
})

const [KEYS, WEIGHT, BIAS, VALUES] = ['cache.keys', 'head.weight', 'head.bias', 'cache.values'] as const

/** The keys are trained with α and β as they begin; then both are searched for. */
async function tuneCache(run: Run, s: z.output<typeof settings>): Promise<Trained> {
  const { model } = run
  const images = run.split('train')
  const { head } = await startHead(run, 'zero-shot')
  const classes = head.classes.length
  const cache = await exampleCache(run, s satisfies Caching)
  const source = overlay(
    model.weights,
    new Map([
      [KEYS, { shape: [images.n, head.dim], data: cache.keys }],
      [VALUES, { shape: [images.n, classes], data: cache.values }],
      [WEIGHT, { shape: [classes, head.dim], data: head.weight }],
      [BIAS, { shape: [classes], data: head.bias }],
    ]),
  )
  const { weights, other, ...rest } = await fitFrozen(run, {
    ...{ phase: 'training', settings: s, source, trains: KEYS, optimizer: adamW({ weightDecay: s.weightDecay, eps: 1e-4 }) },
    logits(p, x) {
      const get = (name: string) => p.get(name, source.info(name).shape)
      return withCache(x, get(WEIGHT), get(BIAS), cacheLogits(x, get(KEYS), get(VALUES), cache))
    },
  })
  const made = async (trained: ReadonlyMap<string, Float32Array>) => {
    const tuned = { ...head, cache: { ...cache, keys: trained.get(KEYS)! } }
    const { alpha, beta } = await searchCache(run, tuned, s)
    return { weights: new Map<string, Float32Array>(), head: { ...tuned, cache: { ...tuned.cache, alpha, beta } } }
  }
  const last = await made(weights)
  return {
    ...rest,
    ...last,
    notes: { ...rest.notes, parameters: cache.keys.length, alpha: last.head.cache.alpha, beta: last.head.cache.beta },
    ...(other && { other: { ...other, ...(await made(other.weights)) } }),
  }
}
