/** Uniform soup: Wortsman et al. 2022, Model soups, arXiv:2203.05482, §2 (mlfoundations/model-soups, main.py). */
import { z } from 'zod'
import { linear } from '../linear.ts'
import { defineMean } from '../method.ts'

/** The mean of all ingredients. */
export const uniform = (thetas: readonly Float32Array[]) => linear(thetas, uniformWeights(thetas.length))

export const uniformWeights = (n: number): number[] => Array.from({ length: n }, () => 1 / n)

export default defineMean({
  id: 'uniform',
  order: 1,
  title: { en: 'Uniform soup', ja: '均一スープ' },
  about: { en: 'The mean of all ingredients.', ja: 'すべての材料の平均。' },
  citation: 'Wortsman et al. 2022, Model soups, arXiv:2203.05482, §2',
  settings: z.object({}),
  shares: (_, n) => uniformWeights(n),
})
