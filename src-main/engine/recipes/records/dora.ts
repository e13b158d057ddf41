/** DoRA (low-rank.ts), saved in PEFT's layout and also merged into the weights. */
import { z } from 'zod'
import { adaptLowRank, lowRankSettings } from '../low-rank.ts'
import { defineRecipe } from '../recipe.ts'
import { demandsOfTowers } from '../targets.ts'
import { tuned } from '../tune.ts'

export default defineRecipe({
  id: 'dora',
  order: 6.1,
  title: { en: 'Weight-decomposed adaptation (DoRA)', ja: '重み分解低ランク適応（DoRA）' },
  about: {
    en: 'Trains the lengths of the weights’ rows, their directions by small matrices, and the classifier; keeps a PEFT adapter.',
    ja: '重みの各行の長さ、小さな行列による向き、分類器を学習し、PEFT のアダプターも残します。',
  },
  when: {
    en: 'Choose it where LoRA falls short of full fine-tuning, above all at small ranks; a step takes somewhat longer.',
    ja: 'LoRA が全体の微調整に及ばないとき、とくに小さな階数で。1 ステップは少し遅くなります。',
  },
  citation: 'Liu et al. 2024, DoRA: weight-decomposed low-rank adaptation, arXiv:2402.09353',
  ...tuned,
  demands: demandsOfTowers,
  settings: z.strictObject(lowRankSettings()),
  mark: { label: 'DoRA', shape: 'bolt', light: '#a3245e', dark: '#ff9ecb' },
  run: (run, settings) => adaptLowRank(run, settings, { recipe: 'dora', dora: true }),
})
