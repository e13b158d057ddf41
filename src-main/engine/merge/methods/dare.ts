/**
 * DARE (Yu et al. 2024, Language models are super Mario, arXiv:2311.03099, eq. 2-3; yule-BUAA/MergeLM): drops random
 * entries of each task vector θᵢ − θ₀ and rescales the rest by 1/density, which preserves the expectation; then adds
 * them up (mergekit's `dare_linear`, whose newest version rescales to the same L1 norm instead; PEFT and MergeLM use
 * 1/density as here).
 */
import { z } from 'zod'
import { properName } from '#shared/model/words.ts'
import { allFinite } from '../../weights/dtype.ts'
import { defineRelative } from '../method.ts'
import { mergeTensor, type SliceMerge } from '../slices.ts'

/** Whether entry `i` of ingredient `k`'s task vector is kept. */
export type Keep = (k: number, i: number) => boolean

export interface DareOptions {
  /** Fraction of entries to keep: (0, 1]. */
  density: number
  /** Scale of the sum of task vectors. */
  lambda: number
}

/** θ₀ + λ·Σ mᵢ ⊙ (θᵢ − θ₀) / density. */
export const dare = (base: Float32Array, thetas: readonly Float32Array[], options: DareOptions, keep: Keep) =>
  mergeTensor(dareSlices(options, keep), [base, ...thetas])

export const dareSlices = ({ density, lambda }: DareOptions, keep: Keep): SliceMerge => ({
  passes: 0,
  combine: ([base, ...thetas], out, start) => {
    const scale = lambda / density
    for (let i = 0; i < out.length; i++) {
      let sum = 0
      for (let k = 0; k < thetas.length; k++) if (keep(k, start + i)) sum += thetas[k]![i]! - base![i]!
      out[i] = base![i]! + scale * sum
    }
    return allFinite(out)
  },
})

/**
 * A mask that depends only on seed, tensor name, ingredient and entry, not on evaluation order: the soup is the same
 * however its tensors are sliced or ordered.
 */
export function seededKeep(density: number, seed: number, tensor: string): Keep {
  if (density >= 1) return () => true
  const limit = density * 2 ** 32
  let name = mix(seed >>> 0)
  for (let i = 0; i < tensor.length; i++) name = mix(name ^ tensor.charCodeAt(i))
  const streams: number[] = []
  return (k, i) => {
    const stream = (streams[k] ??= mix(name + Math.imul(k + 1, 0x9e3779b9)))
    // Two rounds, to mix in the index's high word for tensors of more than 2^32 entries.
    return mix(mix(stream ^ (i >>> 0)) + Math.floor(i / 2 ** 32)) < limit
  }
}

/** A bijection of 32-bit integers with good avalanche: `lowbias32`, Wellons, https://nullprogram.com/blog/2018/07/31/. */
function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return (x ^ (x >>> 16)) >>> 0
}

export default defineRelative({
  id: 'dare',
  order: 7,
  title: properName('DARE'),
  about: { en: 'What was learned, thinned at random and scaled up again.', ja: '学んだ差を無作為に間引き、その分を拡大します。' },
  citation: 'Yu et al. 2024, Language models are super Mario, arXiv:2311.03099, eq. 2-3',
  settings: z.object({
    density: z.number().gt(0).max(1).default(0.5),
    lambda: z.number().default(1),
    seed: z.int().min(0).default(0),
  }),
  slices: (settings, _others, tensor) => dareSlices(settings, seededKeep(settings.density, settings.seed, tensor)),
})
