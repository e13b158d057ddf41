/** Ingredients for a soup, as different as runs from one initialisation can be. */
import { definePreset, times } from '../preset.ts'

export default definePreset({
  id: 'soup',
  order: 1,
  title: { en: 'Ingredients of a soup', ja: 'スープの材料' },
  about: {
    en: 'Learning rate × augmentation × seed from one linear probe, so that the runs stay close enough to be averaged.',
    ja: '1 つの線形プローブから、学習率 × データ拡張 × シードを変えて学習します。平均できる近さに収まります。',
  },
  citation:
    'Wortsman et al. 2022, Model soups: averaging weights of multiple fine-tuned models improves accuracy without increasing ' +
    'inference time, arXiv:2203.05482',
  recipe: 'lp-ft',
  needs: ['lr', 'augmentation'],
  make: ({ lr }) => ({
    axes: [
      { kind: 'grid', field: 'lr', values: times(lr, [1 / 3, 1, 3]) },
      { kind: 'grid', field: 'augmentation', values: ['light', 'strong'] },
    ],
    seeds: [0, 1],
  }),
})
