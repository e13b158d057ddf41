/** Task arithmetic: Ilharco et al. 2023, Editing models with task arithmetic, arXiv:2212.04089, §2. */
import { z } from 'zod'
import { linear, linearSlices } from '../linear.ts'
import { defineRelative } from '../method.ts'

/** θ₀ + λ·Σ(θᵢ − θ₀). */
export const taskArithmetic = (base: Float32Array, thetas: readonly Float32Array[], lambda: number) =>
  linear([base, ...thetas], taskWeights(thetas.length, lambda))

/** Weights of the base and the `n` other ingredients. */
const taskWeights = (n: number, lambda: number): number[] => [1 - n * lambda, ...Array.from({ length: n }, () => lambda)]

export default defineRelative({
  id: 'task-arithmetic',
  order: 5,
  title: { en: 'Task arithmetic', ja: 'タスク算術' },
  about: { en: 'The base, plus λ times what each ingredient learned.', ja: '出発点に、各材料が学んだ差の λ 倍を加えます。' },
  citation: 'Ilharco et al. 2023, Editing models with task arithmetic, arXiv:2212.04089, §2',
  settings: z.object({ lambda: z.number().default(1) }),
  slices: ({ lambda }, others) => linearSlices(taskWeights(others, lambda)),
})
