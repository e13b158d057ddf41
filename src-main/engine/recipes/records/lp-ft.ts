/**
 * Like `ft`, but the head starts from the linear probe, so that training does not distort the features (Kumar et al.
 * 2022, §3.4).
 */
import { z } from 'zod'
import { probe, probingPhases } from '../probe.ts'
import { defineRecipe } from '../recipe.ts'
import { probing, seeing, tuningWeights } from '../settings.ts'
import { tune, tuned, tuningPhases } from '../tune.ts'

export default defineRecipe({
  id: 'lp-ft',
  order: 4,
  title: { en: 'Linear probe, then fine-tuning', ja: '線形プローブ後に微調整' },
  about: {
    en: 'Full fine-tuning whose classifier starts from the linear probe, so that the features are distorted less.',
    ja: '線形プローブの分類器から始める全体の微調整。特徴量の歪みを抑えます。',
  },
  when: {
    en: 'The usual choice when pictures will differ from those trained on: as exact as full fine-tuning, and steadier.',
    ja: '本番の画像が学習画像と違いそうなときの定番。全体の微調整なみに正確で、より安定します。',
  },
  citation: 'Kumar et al. 2022, Fine-tuning can distort pretrained features and underperform out-of-distribution, arXiv:2202.10054',
  ...tuned,
  settings: z.strictObject({ ...tuningWeights(1e-5), ...probing, ...seeing }),
  mark: { label: 'LP-FT', shape: 'diamond', light: '#177d4b', dark: '#66cb93' },
  phases: (settings, images) => [...probingPhases(images), ...tuningPhases(settings, images)],
  async run(run, settings) {
    const { head, c } = await probe(run, settings)
    const trained = await tune(run, settings, { head, trains: (_, { part }) => part === 'image' })
    return { ...trained, notes: { ...trained.notes, C: c } }
  },
})
