import type { Pixels } from './pixels.ts'

/**
 * OWLv2's preparation of images (transformers' Owlv2ImageProcessorPil, after scikit-image's `resize`): padded with black
 * to a square at the right and bottom, smoothed by a Gaussian where it shrinks, and interpolated linearly. Nothing is
 * rounded to bytes in between.
 */

/** For each output, the first input that it reads and the weights of that input and those after it. */
interface Taps {
  readonly first: Int32Array
  readonly weights: readonly Float64Array[]
}

/**
 * Smoothing and interpolation along an axis of `side` pixels as one filter: both are linear, so only the values that
 * interpolation reads are smoothed. Only the first `size` pixels count; the others are black.
 * @param out number of outputs
 */
function taps(side: number, size: number, out: number, smooth: boolean): Taps {
  const scale = side / out
  const kernel = gaussian(smooth ? Math.max(0, (scale - 1) / 2) : 0)
  const radius = (kernel.length - 1) / 2
  const first = new Int32Array(out)
  const weights: Float64Array[] = []
  for (let o = 0; o < out; o++) {
    const at = mirrored((o + 0.5) * scale - 0.5, side)
    const left = Math.floor(at)
    const sums = new Map<number, number>()
    for (const [centre, share] of [
      [left, 1 - (at - left)],
      [left + 1, at - left],
    ] as const)
      if (share > 0)
        kernel.forEach((w, k) => {
          const i = mirrored(centre + k - radius, side)
          if (i < size) sums.set(i, (sums.get(i) ?? 0) + share * w)
        })
    const from = sums.size ? Math.min(...sums.keys()) : 0
    const to = sums.size ? Math.max(...sums.keys()) : -1
    first[o] = from
    weights.push(Float64Array.from({ length: to - from + 1 }, (_, i) => sums.get(from + i) ?? 0))
  }
  return { first, weights }
}

/** scipy.ndimage's mode `mirror`: reflected about the centres of the outermost pixels, as often as it takes. */
function mirrored(x: number, side: number): number {
  if (side === 1) return 0
  const period = 2 * (side - 1)
  const within = ((x % period) + period) % period
  return within > side - 1 ? period - within : within
}

/** A normalised Gaussian, cut off at four standard deviations (scipy.ndimage.gaussian_filter1d). */
function gaussian(sigma: number): Float64Array {
  if (sigma < 1e-15) return Float64Array.of(1)
  const radius = Math.trunc(4 * sigma + 0.5)
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp((-0.5 / sigma ** 2) * (i - radius) ** 2))
  const sum = kernel.reduce((a, b) => a + b, 0)
  return kernel.map((w) => w / sum)
}

export interface Levels {
  readonly width: number
  readonly height: number
  readonly channels: 3
  /** Levels from 0 to 255, not rounded. */
  readonly data: Float32Array
}

/** An RGB image padded to a square and resized to width × height. `smooth` false leaves out the Gaussian. */
export function squared(image: Pixels, width: number, height: number, { smooth = true } = {}): Levels {
  const side = Math.max(image.width, image.height)
  const columns = taps(side, image.width, width, smooth)
  const rows = taps(side, image.height, height, smooth)
  const across = new Float32Array(image.height * width * 3)
  for (let y = 0, to = 0; y < image.height; y++)
    for (let x = 0; x < width; x++) {
      let [r, g, b] = [0, 0, 0]
      let at = (y * image.width + columns.first[x]!) * 3
      for (const w of columns.weights[x]!) {
        r += w * image.data[at++]!
        g += w * image.data[at++]!
        b += w * image.data[at++]!
      }
      across[to++] = r
      across[to++] = g
      across[to++] = b
    }
  const data = new Float32Array(height * width * 3)
  const sums = new Float64Array(width * 3)
  for (let y = 0; y < height; y++) {
    sums.fill(0)
    let at = rows.first[y]! * width * 3
    for (const w of rows.weights[y]!) for (let i = 0; i < sums.length; i++) sums[i]! += w * across[at++]!
    data.set(sums, y * sums.length)
  }
  return { width, height, channels: 3, data }
}
