/** BitFit (Ben Zaken, Goldberg & Ravfogel 2022, §3): trains the head and every bias, including those of norms. */
import { z } from 'zod'
import { demandsOfHead } from '../heads.ts'
import { defineRecipe } from '../recipe.ts'
import { seeing, startingHead, tuningWeights } from '../settings.ts'
import { tuned, tuneFew } from '../tune.ts'

export default defineRecipe({
  id: 'bias-only',
  order: 7,
  title: { en: 'Bias-only tuning (BitFit)', ja: 'バイアスのみの調整（BitFit）' },
  about: {
    en: 'Trains only the biases of the image tower, about a thousandth of it, and the classifier.',
    ja: '画像タワーの約千分の一にあたるバイアスと、分類器だけを学習します。',
  },
  when: {
    en: 'Choose it with few images, where training everything would overfit.',
    ja: '画像が少なく、全体の学習では過学習するときに。',
  },
  citation:
    'Ben Zaken et al. 2022, BitFit: simple parameter-efficient fine-tuning for transformer-based masked language-models, arXiv:2106.10199',
  ...tuned,
  demands: demandsOfHead,
  settings: z.strictObject({ ...tuningWeights(1e-3), ...seeing, ...startingHead }),
  mark: { label: 'Bias-only', shape: 'triangle-down', light: '#0f7c8a', dark: '#5cc7d4' },
  run: (run, settings) => tuneFew(run, settings, ({ part, kind }) => part === 'image' && kind === 'bias'),
})
