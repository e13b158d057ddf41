/** WiSE-FT: Wortsman et al. 2022, Robust fine-tuning of zero-shot models, arXiv:2109.01903, eq. 1. */
import { z } from 'zod'
import { properName } from '#shared/model/words.ts'
import { linear } from '../linear.ts'
import { defineMean, towardsOne } from '../method.ts'

/** (1 − α)·θ₀ + α·θ₁: interpolates from the zero-shot model to the fine-tuned one. */
export const wiseFt = (theta0: Float32Array, theta1: Float32Array, alpha: number) => linear([theta0, theta1], [1 - alpha, alpha])

export default defineMean({
  id: 'wise-ft',
  order: 3,
  title: properName('WiSE-FT'),
  about: { en: 'The straight line from the base to the tuned model.', ja: '出発点と調整後のモデルを結ぶ直線上の点。' },
  citation: 'Wortsman et al. 2022, Robust fine-tuning of zero-shot models, arXiv:2109.01903, eq. 1',
  ...towardsOne,
  settings: z.object({ alpha: z.number().default(0.5) }),
  mix: 'alpha',
  shares: ({ alpha }) => [1 - alpha, alpha],
})
