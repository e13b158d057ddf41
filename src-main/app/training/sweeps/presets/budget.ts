/**
 * Where an adapter does most for its size: which layers, in which blocks, at which rank, each within the same number of
 * parameters. NOAH searches the same space with one network of all adapters; here each point is a run of its own.
 */
import { definePreset } from '../preset.ts'

export default definePreset({
  id: 'budget',
  order: 4,
  title: { en: 'Adapter within a budget', ja: '上限内のアダプター' },
  about: {
    en: 'Which layers and blocks an adapter changes, at the largest rank within 2% of the parameters of its tower.',
    ja: 'アダプターで変える層とブロックを、タワーのパラメーターの 2% に収まる最大の階数で比べます。',
  },
  citation: 'Zhang, Zhou & Liu 2022, Neural prompt search, arXiv:2206.04673',
  recipe: 'lora',
  needs: ['targets', 'place', 'budget'],
  make: ({ budget }) => ({
    axes: [
      { kind: 'grid', field: 'targets', values: ['q+v', 'q+k+v+o', 'mlp', 'all-linear'] },
      { kind: 'grid', field: 'place', values: ['all', 'first-half', 'last-half'] },
      { kind: 'grid', field: 'budget', values: [Number(budget) || 2] },
    ],
    seeds: [0],
  }),
})
