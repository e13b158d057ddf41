/**
 * TIES (Yadav et al. 2023, TIES-merging, arXiv:2306.01708, algorithm 1): trims each task vector θᵢ − θ₀ to its
 * largest entries, elects each entry's sign by the sum, and averages the entries that agree.
 *
 * Trimming is **per tensor**, as in mergekit (sparsify.py) and PEFT (merge_utils.py); the paper's own code trims over
 * the whole model. A zero sum elects +, as in mergekit.
 */
import { z } from 'zod'
import { properName } from '#shared/model/words.ts'
import { allFinite } from '../../weights/dtype.ts'
import { Largest, taskVector } from '../largest.ts'
import { defineRelative } from '../method.ts'
import { mergeTensor, type SliceMerge } from '../slices.ts'

export interface TiesOptions {
  /** Fraction of each tensor's entries to keep, at least one: (0, 1]. */
  density: number
  /** Scale of the merged task vector. */
  lambda: number
}

/** θ₀ + λ · mean of the trimmed task vectors that agree with the elected sign. */
export const ties = (base: Float32Array, thetas: readonly Float32Array[], options: TiesOptions) =>
  mergeTensor(tiesSlices(thetas.length, options), [base, ...thetas])

export function tiesSlices(n: number, { density, lambda }: TiesOptions): SliceMerge {
  const trims = Array.from({ length: n }, () => new Largest((size) => (density >= 1 ? size : Math.max(1, Math.floor(density * size)))))
  return {
    passes: 2,
    gather: (pass, [base, ...thetas]) => thetas.forEach((theta, k) => trims[k]!.gather(pass, taskVector(base!, theta))),
    combine: ([base, ...thetas], out) => {
      const deltas = thetas.map((theta, k) => trims[k]!.apply(taskVector(base!, theta)))
      for (let i = 0; i < out.length; i++) {
        let sum = 0
        for (const d of deltas) sum += d[i]!
        let agreeing = 0
        let count = 0
        for (const d of deltas) {
          const x = d[i]!
          if (sum >= 0 ? x > 0 : x < 0) {
            agreeing += x
            count++
          }
        }
        out[i] = base![i]! + (count ? (lambda * agreeing) / count : 0)
      }
      return allFinite(out)
    },
  }
}

export default defineRelative({
  id: 'ties',
  order: 6,
  title: properName('TIES'),
  about: { en: 'What was learned, trimmed, and by the sign of the majority.', ja: '学んだ差を刈り込み、多数派の符号でまとめます。' },
  citation: 'Yadav et al. 2023, TIES-merging, arXiv:2306.01708, algorithm 1',
  settings: z.object({ density: z.number().gt(0).max(1).default(0.2), lambda: z.number().default(1) }),
  slices: (settings, others) => tiesSlices(others, settings),
})
