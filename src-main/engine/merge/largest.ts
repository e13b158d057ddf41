/** Which entries of a streamed tensor are the largest, exactly and in little memory. */

/** θ − θ₀ in float32 as in the references, because it decides which entries are largest. */
export function taskVector(base: Float32Array, theta: Float32Array): Float32Array {
  const delta = new Float32Array(theta.length)
  for (let i = 0; i < delta.length; i++) delta[i] = theta[i]! - base[i]!
  return delta
}

/**
 * Keeps the entries of largest magnitude of a stream, as many as `keeps` says of its length. The bits of positive
 * floats order like their values, so two histograms (of the upper 16 bits, then of the lower 15 within the
 * threshold's bin) find the exact k-th largest without sorting or storing the tensor. Among equal magnitudes the
 * first ones are kept.
 */
export class Largest {
  private readonly bins = new Float64Array(1 << 16)
  private size = 0
  /** Upper bits of the threshold, and the number of the bin's entries to keep. */
  private upper = -1
  private keepInBin = 0
  private threshold = -1
  private keepEqual = 0

  constructor(private readonly keeps: (size: number) => number) {}

  /** Reads all slices in order twice: pass 0, then pass 1. */
  gather(pass: number, delta: Float32Array) {
    const bits = magnitudeBits(delta)
    if (pass === 0) {
      this.size += bits.length
      for (let i = 0; i < bits.length; i++) this.bins[bits[i]! >>> 15]!++
      return
    }
    if (this.upper < 0) {
      ;[this.upper, this.keepInBin] = kthLargest(this.bins, this.keeps(this.size))
      this.bins.fill(0)
    }
    for (let i = 0; i < bits.length; i++) if (bits[i]! >>> 15 === this.upper) this.bins[bits[i]! & 0x7fff]!++
  }

  /** Zeroes the other entries, in place; reads all slices in order once more. */
  apply(delta: Float32Array): Float32Array {
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
