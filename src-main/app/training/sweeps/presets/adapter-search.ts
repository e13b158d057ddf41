/**
 * The budget preset's question asked of more configurations: module, place, rank and learning rate are drawn at random, and
 * successive halving gives the better ones more epochs, where NOAH searches by evolution in one network of all adapters.
 */
import { definePreset } from '../preset.ts'

export default definePreset({
  id: 'adapter-search',
  order: 5,
  title: { en: 'Search for an adapter within a budget', ja: '上限内のアダプターの探索' },
  about: {
    en:
      '27 random choices of layers, blocks, rank within 2% of the parameters, and learning rate; the best third goes on with three ' +
      'times the epochs, down to one.',
    ja: '層・ブロック・階数（パラメーターの 2% 以内）・学習率を無作為に 27 通り選び、良い 3 分の 1 だけをエポック数 3 倍で続けて 1 つまで絞ります。',
  },
  citation: 'Zhang, Zhou & Liu 2022, Neural prompt search, arXiv:2206.04673',
  recipe: 'lora',
  needs: ['targets', 'place', 'budget', 'lr', 'epochs'],
  bounds: ['budget'],
  make({ budget, lr }) {
    const most = Number(budget) || 2
    return {
      axes: [
        { kind: 'choice', field: 'targets', values: ['q', 'v', 'q+v', 'q+k+v', 'q+k+v+o', 'mlp', 'all-linear'] },
        { kind: 'choice', field: 'place', values: ['all', 'first-half', 'last-half'] },
        { kind: 'choice', field: 'budget', values: [most / 4, most / 2, most] },
        { kind: 'log-uniform', field: 'lr', from: Number(lr) / 10, to: Number(lr) * 10 },
      ],
      seeds: [0],
      draws: 27,
      halving: { eta: 3 },
    }
  },
})
