/** Σ wᵢ·θᵢ, summed in float64 and rounded once. */
import { mergeTensor, type SliceMerge } from './slices.ts'
import { weightedSum } from './weighted-sum.ts'

/** Σ wᵢ·θᵢ. */
export const linear = (thetas: readonly Float32Array[], weights: readonly number[]) => mergeTensor(linearSlices(weights), thetas)

export const linearSlices = (weights: readonly number[]): SliceMerge => ({
  passes: 0,
  spreads: true,
  combine: (inputs, out) => weightedSum(inputs, weights, out),
})
