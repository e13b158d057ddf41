/** Tip-Adapter without training: Zhang et al. 2022, §3.1; gaopengcuhk/Tip-Adapter main.py, run_tip_adapter. */
import { z } from 'zod'
import { outlining } from '../../runtime/outline.ts'
import { cachePhases, exampleCache, searchCache } from '../cache-model.ts'
import { startHead } from '../heads.ts'
import { defineRecipe } from '../recipe.ts'
import { caching, seeing } from '../settings.ts'

export default defineRecipe({
  id: 'tip-adapter',
  order: 33,
  title: { en: 'Tip-Adapter', ja: 'Tip-Adapter' },
  about: {
    en: 'No training: what an image resembles among the training images is added to the zero-shot answer.',
    ja: '学習なし。学習画像との類似度から得た答えを、ゼロショットの答えに加えます。',
  },
  when: {
    en: 'Choose it for 1 to 16 images a class and an answer in seconds; every training image becomes a part of the classifier.',
    ja: 'クラスあたり 1～16 枚で、数秒で結果がほしいときに。学習画像の一枚一枚が分類器の一部になります。',
  },
  citation: 'Zhang et al. 2022, Tip-Adapter: training-free adaption of CLIP for few-shot classification, arXiv:2207.09519',
  task: 'classify',
  needs: ['embedImage', 'embedText'],
  settings: z.strictObject({ ...caching, ...seeing }),
  mark: { label: 'Tip-Adapter', shape: 'kite', light: '#00696e', dark: '#4fd0d6' },
  curve: { phase: 'cache-search', over: 'values' },
  leavesTowers: true,
  resumes: 'from the beginning',
  phases: cachePhases,
  async run(run, s) {
    const { head } = await startHead(run, 'zero-shot')
    const outline = outlining()
    if (outline) {
      outline.solved = 2
      return { weights: new Map(), losses: [] }
    }
    const cache = await exampleCache(run, s)
    const { alpha, beta, errors } = await searchCache(run, { ...head, cache }, s)
    return { weights: new Map(), head: { ...head, cache: { ...cache, alpha, beta } }, losses: errors, notes: { alpha, beta } }
  },
})
