/**
 * Model Stock (Jang et al. 2024, Model Stock: All we need is just a few fine-tuned models, arXiv:2403.19522, eq.
 * 3-5), tensor by tensor (mergekit/merge_methods/model_stock.py without `filter_wise`). Fine-tuned weights lie on a
 * thin shell around a centre; the closest point to it on the plane through them is on the line from the base to their
 * mean, at a ratio given by the angle θ between their task vectors.
 */
import { z } from 'zod'
import { properName } from '#shared/model/words.ts'
import { allFinite } from '../../weights/dtype.ts'
import { defineRelative } from '../method.ts'
import { mergeTensor, type SliceMerge } from '../slices.ts'

/** Lower bound for a product of norms: an untrained tensor has no angle. */
const EPSILON = 1e-6

/** t·mean(θᵢ) + (1 − t)·θ₀ with t = N·cos θ / (1 + (N − 1)·cos θ), for N ≥ 2 models θᵢ. */
export const modelStock = (base: Float32Array, thetas: readonly Float32Array[]) =>
  mergeTensor(modelStockSlices(thetas.length), [base, ...thetas])

export function modelStockSlices(n: number): SliceMerge {
  /** Inner products of the task vectors θᵢ − θ₀, row-major n × n; only the upper triangle is used. */
  const products = new Float64Array(n * n)
  return {
    passes: 1,
    gather: (_pass, [base, ...thetas]) => {
      const deltas = new Float64Array(n)
      for (let i = 0; i < base!.length; i++) {
        for (let k = 0; k < n; k++) deltas[k] = thetas[k]![i]! - base![i]!
        for (let k = 0; k < n; k++) for (let l = k; l < n; l++) products[k * n + l]! += deltas[k]! * deltas[l]!
      }
    },
    combine: ([base, ...thetas], out) => {
      const t = ratio(products, n)
      for (let i = 0; i < out.length; i++) {
        let sum = 0
        for (const theta of thetas) sum += theta[i]!
        out[i] = (t * sum) / n + (1 - t) * base![i]!
      }
      return allFinite(out)
    },
  }
}

/** The interpolation ratio from base to mean. If the task vectors cancel, no such point exists and the base is kept. */
function ratio(products: Float64Array, n: number): number {
  const norm = (k: number) => Math.sqrt(products[k * n + k]!)
  let sum = 0
  for (let k = 0; k < n; k++)
    for (let l = k + 1; l < n; l++) sum += Math.max(-1, Math.min(1, products[k * n + l]! / Math.max(norm(k) * norm(l), EPSILON)))
  const cos = sum / ((n * (n - 1)) / 2)
  const below = 1 + (n - 1) * cos
  return Math.abs(below) < EPSILON ? 0 : (n * cos) / below
}

export default defineRelative({
  id: 'model-stock',
  order: 8,
  title: properName('Model Stock'),
  about: {
    en: 'From the base towards the mean, as far as the ingredients agree on the direction.',
    ja: '出発点から平均へ、材料の方向がそろう分だけ進みます。',
  },
  citation: 'Jang et al. 2024, Model Stock, arXiv:2403.19522, eq. 3-5',
  least: 3,
  settings: z.object({}),
  slices: (_settings, others) => modelStockSlices(others),
})
