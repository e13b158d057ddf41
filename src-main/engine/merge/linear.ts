/**
 * Methods that are a weighted sum, taken in float64 and rounded once.
 * - Uniform soup: Wortsman et al. 2022, Model soups, arXiv:2203.05482, §2 (mlfoundations/model-soups, main.py).
 * - WiSE-FT: Wortsman et al. 2022, Robust fine-tuning of zero-shot models, arXiv:2109.01903, eq. 1.
 * - Task arithmetic: Ilharco et al. 2023, Editing models with task arithmetic, arXiv:2212.04089, §2.
 */
import { mergeTensor, type SliceMerge } from './slices.ts'
import { weightedSum } from './weighted-sum.ts'

/** Σ wᵢ·θᵢ. */
export const linear = (thetas: readonly Float32Array[], weights: readonly number[]) => mergeTensor(linearSlices(weights), thetas)

/** The mean of all. */
export const uniform = (thetas: readonly Float32Array[]) => linear(thetas, uniformWeights(thetas.length))

/** (1 − α)·θ₀ + α·θ₁: from the zero-shot model to the fine-tuned one. */
export const wiseFt = (theta0: Float32Array, theta1: Float32Array, alpha: number) => linear([theta0, theta1], [1 - alpha, alpha])

/** θ₀ + λ·Σ(θᵢ − θ₀). */
export const taskArithmetic = (base: Float32Array, thetas: readonly Float32Array[], lambda: number) =>
  linear([base, ...thetas], taskWeights(thetas.length, lambda))

export const uniformWeights = (n: number): number[] => Array.from({ length: n }, () => 1 / n)

/** Of the base and the `n` ingredients after it. */
export const taskWeights = (n: number, lambda: number): number[] => [1 - n * lambda, ...Array.from({ length: n }, () => lambda)]

export const linearSlices = (weights: readonly number[]): SliceMerge => ({
  passes: 0,
  spreads: true,
  combine: (inputs, out) => weightedSum(inputs, weights, out),
})
