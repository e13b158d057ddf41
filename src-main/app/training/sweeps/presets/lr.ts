/** The learning rate, which matters most: the best one of LP-FT is far below that of plain fine-tuning (Kumar et al. 2022). */
import { definePreset, times } from '../preset.ts'

export default definePreset({
  id: 'lr',
  order: 3,
  title: { en: 'Learning rate', ja: '学習率' },
  about: {
    en: 'Five learning rates around the recipe’s default, a factor of about three apart.',
    ja: 'レシピの既定値を中心に、約 3 倍ずつ違う 5 つの学習率を試します。',
  },
  citation: 'Kumar et al. 2022, Fine-tuning can distort pretrained features and underperform out-of-distribution, arXiv:2202.10054',
  recipe: 'lp-ft',
  needs: ['lr'],
  make: ({ lr }) => ({ axes: [{ kind: 'grid', field: 'lr', values: times(lr, [0.1, 0.3, 1, 3, 10]) }], seeds: [0] }),
})
