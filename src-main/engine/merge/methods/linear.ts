/** Weighted mean with explicit weights: a running mean, or weights found elsewhere. */
import { z } from 'zod'
import { sentence } from '#shared/sentences/table.ts'
import { defineMean } from '../method.ts'

export default defineMean({
  id: 'linear',
  order: 9,
  title: { en: 'Weighted sum', ja: '重み付き和' },
  about: { en: 'The sum of the ingredients, each with a weight of its own.', ja: '材料ごとの重みを付けた和。' },
  citation: 'Wortsman et al. 2022, Model soups, arXiv:2203.05482, §2',
  terminalOnly: true,
  settings: z.object({ weights: z.array(z.number(), 'expected one number a checkpoint, such as weights=0.7,0.3').min(1) }),
  shares: ({ weights }) => weights,
  objection: ({ weights }, n) =>
    weights.length === n ? undefined : sentence('merge.weights', { method: 'linear', found: weights.length, expected: n }),
})
