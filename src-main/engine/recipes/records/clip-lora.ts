/**
 * CLIP-LoRA (Zanella & Ben Ayed 2024; MaxZanella/CLIP-LoRA): LoRA (low-rank.ts) beside the queries, keys and values of both
 * towers by the values of the paper (§5), while the class names as the text tower reads them are the classifier. It trains for
 * 500 steps × images of a class; here epochs say how long.
 */
import { z } from 'zod'
import { adaptLowRank, dropping, lowRankSettings } from '../low-rank.ts'
import { defineRecipe } from '../recipe.ts'
import { demandsOfTowers } from '../targets.ts'
import { tuned } from '../tune.ts'

const values = { r: 2, alpha: 1, targets: 'q+k+v', towers: 'both', lr: 2e-4, weightDecay: 0.01 } as const

export default defineRecipe({
  id: 'clip-lora',
  order: 6.05,
  title: { en: 'Low-rank adaptation of both towers (CLIP-LoRA)', ja: '両タワーの低ランク適応（CLIP-LoRA）' },
  about: {
    en: 'Trains small matrices beside the attention of both towers; the class names as they are then read are the classifier.',
    ja: '両方のタワーのアテンションに添えた小さな行列を学習します。学習後に読んだクラス名が分類器になります。',
  },
  when: {
    en: 'Choose it for 4 to 16 images a class, with class names that mean something to the model; each step reads all of them.',
    ja: 'クラスあたり 4～16 枚で、クラス名がモデルにとって意味を持つときに。ステップごとに全クラス名を読みます。',
  },
  citation: 'Zanella & Ben Ayed 2024, Low-rank few-shot adaptation of vision-language models, arXiv:2405.18541',
  ...tuned,
  needs: ['embedImage', 'embedText'],
  demands: demandsOfTowers,
  settings: z.strictObject({ ...lowRankSettings(values), ...dropping(0.25) }),
  mark: { label: 'CLIP-LoRA', shape: 'bars', light: '#7d1f6b', dark: '#e79ad8' },
  run: (run, settings) => adaptLowRank(run, settings, { recipe: 'clip-lora', dora: false }),
})
