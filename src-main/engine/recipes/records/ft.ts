/** Full fine-tuning of the image tower and a classifier head, as in wise-ft and model-soups (finetune.py). */
import { z } from 'zod'
import { demandsOfHead } from '../heads.ts'
import { defineRecipe } from '../recipe.ts'
import { depth, seeing, startingHead, tuningWeights } from '../settings.ts'
import { tuned, tuneWithHead } from '../tune.ts'

export default defineRecipe({
  id: 'ft',
  order: 3,
  title: { en: 'Full fine-tuning', ja: '全体の微調整' },
  about: {
    en: 'Trains the whole image tower and the classifier, which starts from the zero-shot one.',
    ja: '画像タワー全体と分類器を学習します。分類器はゼロショットのものから始めます。',
  },
  when: {
    en: 'Choose it with many labelled images that look like those you will meet; on unusual pictures it may lose.',
    ja: 'ラベル付き画像が多く、本番の画像と似ているときに。見慣れない画像では弱くなることがあります。',
  },
  citation: 'Wortsman et al. 2022, Robust fine-tuning of zero-shot models, arXiv:2109.01903',
  ...tuned,
  demands: demandsOfHead,
  settings: z.strictObject({ ...tuningWeights(3e-5), ...seeing, ...startingHead, ...depth }),
  mark: { label: 'Fine-tuning', shape: 'triangle', light: '#c84b10', dark: '#f5905f' },
  run: (run, settings) => tuneWithHead(run, settings, ({ part }) => part === 'image'),
})
