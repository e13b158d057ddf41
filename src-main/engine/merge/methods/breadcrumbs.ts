/**
 * Model Breadcrumbs (Davari and Belilovsky 2023, Model Breadcrumbs: Scaling multi-task model merging with sparse
 * masks, arXiv:2312.06795): of each task vector θᵢ − θ₀ the largest entries (outliers) and the smallest (noise) are
 * dropped, tensor by tensor, and the sum of what is left is added to the base.
 *
 * Counts are mergekit's (sparsify.py, `magnitude_outliers`): ⌊density·n⌋ of n entries are kept, below the ⌊gamma·n⌋
 * largest; where that leaves too few, fewer outliers are dropped. A tensor of less than 1/density entries stays the
 * base's, and with density 1 nothing is dropped.
 */
import { z } from 'zod'
import { properName } from '#shared/model/words.ts'
import { allFinite } from '../../weights/dtype.ts'
import { Largest, taskVector } from '../largest.ts'
import { defineRelative } from '../method.ts'
import { mergeTensor, type SliceMerge } from '../slices.ts'

export interface BreadcrumbsOptions {
  /** Fraction of each tensor's entries to keep: [0, 1]. */
  density: number
  /** Fraction of each tensor's entries that are dropped because they are the largest: [0, 1]. */
  gamma: number
  /** Scale of the sum of the task vectors. */
  lambda: number
}

/** θ₀ + λ · sum of the task vectors' middle entries. */
export const breadcrumbs = (base: Float32Array, thetas: readonly Float32Array[], options: BreadcrumbsOptions) =>
  mergeTensor(breadcrumbsSlices(thetas.length, options), [base, ...thetas])

export function breadcrumbsSlices(n: number, options: BreadcrumbsOptions): SliceMerge {
  const middles = Array.from({ length: n }, () => new Middle(options))
  return {
    passes: 2,
    gather: (pass, [base, ...thetas]) => thetas.forEach((theta, k) => middles[k]!.gather(pass, taskVector(base!, theta))),
    combine: ([base, ...thetas], out) => {
      const deltas = thetas.map((theta, k) => middles[k]!.apply(taskVector(base!, theta)))
      for (let i = 0; i < out.length; i++) {
        let sum = 0
        for (const d of deltas) sum += d[i]!
        out[i] = base![i]! + options.lambda * sum
      }
      return allFinite(out)
    },
  }
}

/** The largest entries down to the threshold of noise, without the outliers among them. */
class Middle {
  private readonly outliers: Largest
  private readonly withOutliers: Largest

  constructor({ density, gamma }: BreadcrumbsOptions) {
    const kept = (size: number) => Math.floor(density * size)
    const upToNoise = (size: number) => Math.min(size, kept(size) + Math.floor(gamma * size))
    this.withOutliers = new Largest(upToNoise)
    this.outliers = new Largest((size) => upToNoise(size) - kept(size))
  }

  gather(pass: number, delta: Float32Array) {
    this.withOutliers.gather(pass, delta)
    this.outliers.gather(pass, delta)
  }

  /** Zeroes outliers and noise, in place. */
  apply(delta: Float32Array): Float32Array {
    const outliers = this.outliers.apply(delta.slice())
    this.withOutliers.apply(delta)
    for (let i = 0; i < delta.length; i++) if (outliers[i] !== 0) delta[i] = 0
    return delta
  }
}

export default defineRelative({
  id: 'breadcrumbs',
  order: 10,
  title: properName('Model Breadcrumbs'),
  about: {
    en: 'The base, plus what each ingredient learned without its largest and smallest changes.',
    ja: '出発点に、各材料が学んだ差から最大と最小の変化を除いたものを加えます。',
  },
  citation: 'Davari and Belilovsky 2023, Model Breadcrumbs, arXiv:2312.06795',
  settings: z.object({
    density: z.number().min(0).max(1).default(0.1),
    gamma: z.number().min(0).max(1).default(0.01),
    lambda: z.number().default(1),
  }),
  slices: (settings, others) => breadcrumbsSlices(others, settings),
})
