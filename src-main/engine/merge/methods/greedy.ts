/**
 * Greedy soup (Wortsman et al. 2022, Model soups, arXiv:2203.05482, recipe 1). Ingredients are selected in
 * ../greedy.ts.
 */
import { z } from 'zod'
import { defineMean } from '../method.ts'
import { uniformWeights } from './uniform.ts'

export default defineMean({
  id: 'greedy',
  order: 2,
  title: { en: 'Greedy soup', ja: '貪欲スープ' },
  about: {
    en: 'Best first, each ingredient stays if the soup gets better on “held out”.',
    ja: '成績の良い順に試し、「ホールドアウト」で良くなる材料だけを残します。',
  },
  citation: 'Wortsman et al. 2022, Model soups, arXiv:2203.05482, recipe 1',
  chooses: true,
  settings: z.object({}),
  shares: (_, n) => uniformWeights(n), // over the selected ingredients
})
