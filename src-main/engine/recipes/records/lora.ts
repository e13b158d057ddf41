/** LoRA and rsLoRA (low-rank.ts). The adapter is saved in PEFT's layout and also merged into the weights. */
import { z } from 'zod'
import type { Model } from '../../models/model.ts'
import { adaptLowRank, dropping, type LowRank, lowRankSettings, readLowRank } from '../low-rank.ts'
import { defineRecipe } from '../recipe.ts'
import { demandsOfTowers } from '../targets.ts'
import { tuned } from '../tune.ts'

export default defineRecipe({
  id: 'lora',
  order: 6,
  title: { en: 'Low-rank adaptation (LoRA)', ja: '低ランク適応（LoRA）' },
  about: {
    en: 'Trains small matrices beside the linear layers of a tower or both, and the classifier; keeps a PEFT adapter.',
    ja: 'タワー（片方または両方）の線形層に添えた小さな行列と分類器を学習し、PEFT のアダプターも残します。',
  },
  when: {
    en: 'Choose it for a large model on little memory, or to pass on a small adapter instead of a whole checkpoint.',
    ja: 'メモリーに対してモデルが大きいときや、小さなアダプターだけを渡したいときに。',
  },
  citation: 'Hu et al. 2022, LoRA: low-rank adaptation of large language models, arXiv:2106.09685',
  ...tuned,
  demands: demandsOfTowers,
  settings: z.strictObject({ ...lowRankSettings(), ...dropping(0) }),
  mark: { label: 'LoRA', shape: 'wye', light: '#b0306f', dark: '#f08fc0' },
  run: (run, settings) => adaptLowRank(run, settings, { recipe: 'lora', dora: false }),
})

/** A LoRA adapter that PEFT saved. @throws a data fault naming the file and the field or tensor that does not fit */
export const readAdapter = (dir: string, model: Model): LowRank => readLowRank(dir, model, false)
