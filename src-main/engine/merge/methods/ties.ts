/**
 * TIES: Yadav et al. 2023, TIES-merging, arXiv:2306.01708, algorithm 1: trim each task vector θᵢ − θ₀ to its largest
 * entries, elect each entry's sign by the sum, average those that agree.
 *
 * The share that is kept is taken **per tensor**, as mergekit (sparsify.py) and PEFT (merge_utils.py) do; the paper's
 * own code trims over the whole model. A sum of zero elects +, as in mergekit.
 */
import { z } from 'zod'
import { allFinite } from '../../weights/dtype.ts'
import { defineMethod } from '../method.ts'
import { mergeTensor, type SliceMerge } from '../slices.ts'

export interface TiesOptions {
  /** Share of each tensor's entries that is kept, at least one entry: (0, 1]. */
  density: number
  /** Scale of the merged task vector. */
  lambda: number
}

/** θ₀ + λ · mean of the agreeing trimmed task vectors. */
export const ties = (base: Float32Array, thetas: readonly Float32Array[], options: TiesOptions) =>
  mergeTensor(tiesSlices(thetas.length, options), [base, ...thetas])

export function tiesSlices(n: number, { density, lambda }: TiesOptions): SliceMerge {
  const trims = Array.from({ length: n }, () => new Trim(density))
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

/** θ − θ₀, in float32 as in the references: which entries are largest depends on it. */
function taskVector(base: Float32Array, theta: Float32Array): Float32Array {
  const delta = new Float32Array(theta.length)
  for (let i = 0; i < delta.length; i++) delta[i] = theta[i]! - base[i]!
  return delta
}

/**
 * Keeps the ⌊density·n⌋ largest magnitudes of a stream. The bits of a positive float order as it does, so two histograms,
 * of its upper 16 bits and then of the lower 15 in the bin that the threshold is in, find the exact k-th largest without
 * sorting or keeping the tensor. Among equal magnitudes the first are kept.
 */
class Trim {
  private readonly bins = new Float64Array(1 << 16)
  private size = 0
  /** Upper bits of the threshold, and how many of the bin's entries are kept. */
  private upper = -1
  private keepInBin = 0
  private threshold = -1
  private keepEqual = 0

  constructor(private readonly density: number) {}

  gather(pass: number, delta: Float32Array) {
    const bits = magnitudeBits(delta)
    if (pass === 0) {
      this.size += bits.length
      for (let i = 0; i < bits.length; i++) this.bins[bits[i]! >>> 15]!++
      return
    }
    if (this.upper < 0) {
      const kept = Math.max(1, Math.floor(this.density * this.size))
      ;[this.upper, this.keepInBin] = kthLargest(this.bins, kept)
      this.bins.fill(0)
    }
    for (let i = 0; i < bits.length; i++) if (bits[i]! >>> 15 === this.upper) this.bins[bits[i]! & 0x7fff]!++
  }

  /** Zeroes, in place, what is not kept. */
  apply(delta: Float32Array): Float32Array {
    if (this.density >= 1) return delta
    if (this.threshold < 0) {
      const [lower, keep] = kthLargest(this.bins, this.keepInBin)
      this.threshold = this.upper * 0x8000 + lower
      this.keepEqual = keep
    }
    const bits = magnitudeBits(delta)
    for (let i = 0; i < bits.length; i++) {
      const b = bits[i]!
      if (b < this.threshold || (b === this.threshold && --this.keepEqual < 0)) delta[i] = 0
    }
    return delta
  }
}

/** The bin with the k-th largest entry, and how many of its entries are among the k largest. */
function kthLargest(bins: Float64Array, k: number): [bin: number, within: number] {
  for (let bin = bins.length - 1; bin >= 0; bin--) {
    if (bins[bin]! >= k) return [bin, k]
    k -= bins[bin]!
  }
  return [0, 0] // an empty tensor
}

const magnitudeBits = (x: Float32Array) => new Uint32Array(x.buffer, x.byteOffset, x.length).map((b) => b & 0x7fffffff)

export default defineMethod({
  id: 'ties',
  order: 6,
  title: { en: 'TIES', ja: 'TIES' },
  about: { en: 'What was learned, trimmed, and by the sign of the majority.', ja: '学んだ差を刈り込み、多数派の符号でまとめます。' },
  citation: 'Yadav et al. 2023, TIES-merging, arXiv:2306.01708, algorithm 1',
  relative: true,
  settings: z.object({ density: z.number().gt(0).max(1).default(0.2), lambda: z.number().default(1) }),
  slices: (settings, n) => tiesSlices(n - 1, settings),
})
