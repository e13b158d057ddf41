/** Linear probe, with the normalisation and the sweep of AnanyaKumar/transfer_learning log_reg_sk.py. */
import { z } from 'zod'
import { probe, probingPhases } from '../probe.ts'
import { defineRecipe } from '../recipe.ts'
import { probing, seeing } from '../settings.ts'

export default defineRecipe({
  id: 'lp',
  order: 2,
  title: { en: 'Linear probe', ja: '線形プローブ' },
  about: {
    en: 'Logistic regression over the features of the frozen model, its strength chosen on the validation split.',
    ja: '凍結したモデルの特徴量に対するロジスティック回帰。正則化の強さは検証用の分割で選びます。',
  },
  when: {
    en: 'Choose it for few images or little time: minutes at most, and it keeps what the model knows of unusual pictures.',
    ja: '画像や時間が少ないときに。長くても数分で済み、見慣れない画像への強さを保ちます。',
  },
  citation: 'Kumar et al. 2022, Fine-tuning can distort pretrained features and underperform out-of-distribution, arXiv:2202.10054',
  task: 'classify',
  needs: ['embedImage'],
  settings: z.strictObject({ ...probing, ...seeing }),
  mark: { label: 'Linear probe', shape: 'square', light: '#2463ae', dark: '#7db4f2' },
  curve: { phase: 'logistic-regression', over: 'values' },
  leavesTowers: true,
  resumes: 'from the beginning',
  phases: (_, images) => probingPhases(images),
  async run(run, settings) {
    const { head, c, objectives } = await probe(run, settings)
    return { weights: new Map(), head, losses: objectives, notes: { C: c } }
  },
})
