/**
 * LoRA and rsLoRA (low-rank.ts), of the image tower. The adapter is saved in PEFT's layout and also merged into the
 * weights. CLIP-LoRA (Zanella & Ben Ayed 2024, arXiv:2405.18541) is r 2, alpha 1, targets "q, k, v", lr 2e-4, weightDecay
 * 0.01, there with a dropout of 0.25 and in the text tower too.
 */
import type { Model } from '../../models/model.ts'
import { demandsOfHead } from '../heads.ts'
import { adaptLowRank, type LowRank, lowRankSettings, readLowRank } from '../low-rank.ts'
import { defineRecipe } from '../recipe.ts'
import { tuned } from '../tune.ts'

export default defineRecipe({
  id: 'lora',
  order: 6,
  title: { en: 'Low-rank adaptation (LoRA)', ja: '低ランク適応（LoRA）' },
  about: {
    en: 'Trains small matrices beside the linear layers of the image tower, and the classifier; keeps a PEFT adapter.',
    ja: '画像タワーの線形層に添えた小さな行列と分類器を学習し、PEFT のアダプターも残します。',
  },
  when: {
    en: 'Choose it for a large model on little memory, or to pass on a small adapter instead of a whole checkpoint.',
    ja: 'メモリーに対してモデルが大きいときや、小さなアダプターだけを渡したいときに。',
  },
  citation: 'Hu et al. 2022, LoRA: low-rank adaptation of large language models, arXiv:2106.09685',
  ...tuned,
  demands: demandsOfHead,
  settings: lowRankSettings,
  mark: { label: 'LoRA', shape: 'wye', light: '#b0306f', dark: '#f08fc0' },
  run: (run, settings) => adaptLowRank(run, settings, { recipe: 'lora', dora: false }),
})

/** A LoRA adapter that PEFT saved. @throws a data fault naming the file and the field or tensor that does not fit */
export const readAdapter = (dir: string, model: Model): LowRank => readLowRank(dir, model, false)
