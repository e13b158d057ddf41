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

/** θ − θ₀ in float32 as in the references, because it decides which entries are largest. */
function taskVector(base: Float32Array, theta: Float32Array): Float32Array {
  const delta = new Float32Array(theta.length)
  for (let i = 0; i < delta.length; i++) delta[i] = theta[i]! - base[i]!
  return delta
}

/**
 * Keeps the ⌊density·n⌋ largest magnitudes of a stream. The bits of positive floats order like their values, so two
 * histograms (of the upper 16 bits, then of the lower 15 within the threshold's bin) find the exact k-th largest
 * without sorting or storing the tensor. Among equal magnitudes the first ones are kept.
 */
class Trim {
  private readonly bins = new Float64Array(1 << 16)
  private size = 0
  /** Upper bits of the threshold, and the number of the bin's entries to keep. */
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

  /** Zeroes dropped entries, in place. */
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

/** The bin with the k-th largest entry, and the number of its entries among the k largest. */
function kthLargest(bins: Float64Array, k: number): [bin: number, within: number] {
  for (let bin = bins.length - 1; bin >= 0; bin--) {
    if (bins[bin]! >= k) return [bin, k]
    k -= bins[bin]!
  }
  return [0, 0] // an empty tensor
}

const magnitudeBits = (x: Float32Array) => new Uint32Array(x.buffer, x.byteOffset, x.length).map((b) => b & 0x7fffffff)

export default defineRelative({
  id: 'ties',
  order: 6,
  title: properName('TIES'),
  about: { en: 'What was learned, trimmed, and by the sign of the majority.', ja: '学んだ差を刈り込み、多数派の符号でまとめます。' },
  citation: 'Yadav et al. 2023, TIES-merging, arXiv:2306.01708, algorithm 1',
  settings: z.object({ density: z.number().gt(0).max(1).default(0.2), lambda: z.number().default(1) }),
  slices: (settings, others) => tiesSlices(others, settings),
})
