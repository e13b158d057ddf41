import type { Pixels } from './pixels.ts'

/**
 * Pillow's resampling, bit for bit (src/libImaging/Resample.c and Geometry.c, 8 bits per channel): the filter's
 * support grows with the reduction, so that shrinking does not alias; coefficients are 22-bit fixed point; the first
 * pass is rounded to uint8 before the second. Names and numbers are those of `PIL.Image.Resampling`, as used in
 * `preprocessor_config.json`.
 */
export const RESAMPLE = { nearest: 0, lanczos: 1, bilinear: 2, bicubic: 3, box: 4, hamming: 5 } as const
export type Resample = keyof typeof RESAMPLE

interface Filter {
  support: number
  at: (x: number) => number
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI))
const A = -0.5 // Keys' bicubic with a = −1/2, as in Pillow (OpenCV and torch without antialias use −3/4)

const filters: Record<Exclude<Resample, 'nearest'>, Filter> = {
  box: { support: 0.5, at: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: {
    support: 1,
    at: (x) => (Math.abs(x) >= 1 ? 0 : x === 0 ? 1 : sinc(x) * (0.54 + 0.46 * Math.cos(x * Math.PI))),
  },
  bicubic: {
    support: 2,
    at: (signed) => {
      const x = Math.abs(signed)
      if (x < 1) return ((A + 2) * x - (A + 3)) * x * x + 1
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0
    },
  },
  lanczos: { support: 3, at: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
}

const PRECISION = 22

/**
 * For each output position: the first input position, the number of inputs, and their fixed-point weights (`taps` per
 * row).
 */
interface Coefficients {
  taps: number
  first: Int32Array
  count: Int32Array
  weight: Int32Array
}

function coefficients(inSize: number, outSize: number, filter: Filter): Coefficients {
  const scale = inSize / outSize
  const filterScale = Math.max(scale, 1)
  const support = filter.support * filterScale
  const taps = Math.ceil(support) * 2 + 1
  const first = new Int32Array(outSize)
  const count = new Int32Array(outSize)
  const weight = new Int32Array(outSize * taps)
  const row = new Float64Array(taps)
  for (let o = 0; o < outSize; o++) {
    const centre = (o + 0.5) * scale
    const from = Math.max(0, Math.trunc(centre - support + 0.5))
    const n = Math.min(inSize, Math.trunc(centre + support + 0.5)) - from
    let sum = 0
    for (let k = 0; k < n; k++) sum += row[k] = filter.at((k + from - centre + 0.5) * (1 / filterScale))
    for (let k = 0; k < n; k++) {
      const w = (sum === 0 ? row[k]! : row[k]! / sum) * (1 << PRECISION)
      weight[o * taps + k] = Math.trunc(w < 0 ? w - 0.5 : w + 0.5)
    }
    first[o] = from
    count[o] = n
  }
  return { taps, first, count, weight }
}

const HALF = 1 << (PRECISION - 1)
const clip8 = (sum: number) => {
  const v = sum >> PRECISION
  return v < 0 ? 0 : v > 255 ? 255 : v
}

/**
 * One pass along an axis. The image is treated as `outer` blocks of `inSize` (then `outSize`) steps of `inner` bytes:
 * the horizontal pass steps by pixels, the vertical one by rows.
 */
function pass(src: Uint8Array, outer: number, inSize: number, outSize: number, inner: number, filter: Filter) {
  const { taps, first, count, weight } = coefficients(inSize, outSize, filter)
  const out = new Uint8Array(outer * outSize * inner)
  const sums = new Int32Array(inner)
  for (let b = 0; b < outer; b++) {
    for (let o = 0; o < outSize; o++) {
      sums.fill(HALF)
      let at = (b * inSize + first[o]!) * inner
      for (let k = o * taps, end = k + count[o]!; k < end; k++) {
        const w = weight[k]!
        for (let i = 0; i < inner; i++) sums[i]! += src[at++]! * w
      }
      const to = (b * outSize + o) * inner
      for (let i = 0; i < inner; i++) out[to + i] = clip8(sums[i]!)
    }
  }
  return out
}

/** `pass` specialised for three-byte pixels along a row, with the sums in registers: several times faster. */
function rgbRowPass(src: Uint8Array, rows: number, inSize: number, outSize: number, filter: Filter) {
  const { taps, first, count, weight } = coefficients(inSize, outSize, filter)
  const out = new Uint8Array(rows * outSize * 3)
  for (let y = 0, to = 0; y < rows; y++) {
    for (let o = 0; o < outSize; o++) {
      let [r, g, b] = [HALF, HALF, HALF]
      let at = (y * inSize + first[o]!) * 3
      for (let k = o * taps, end = k + count[o]!; k < end; k++) {
        const w = weight[k]!
        r = (r + src[at]! * w) | 0
        g = (g + src[at + 1]! * w) | 0
        b = (b + src[at + 2]! * w) | 0
        at += 3
      }
      out[to++] = clip8(r)
      out[to++] = clip8(g)
      out[to++] = clip8(b)
    }
  }
  return out
}

/** Steps by repeated addition, like `ImagingScaleAffine`, to reproduce its rounding. */
function nearest(src: Uint8Array, inW: number, inH: number, outW: number, outH: number, channels: number) {
  const index = (inSize: number, outSize: number) => {
    const step = inSize / outSize
    const at = new Int32Array(outSize)
    for (let o = 0, x = step * 0.5; o < outSize; o++, x += step) at[o] = Math.min(inSize - 1, Math.floor(x))
    return at
  }
  const [xs, ys] = [index(inW, outW), index(inH, outH)]
  const out = new Uint8Array(outW * outH * channels)
  let to = 0
  for (const y of ys) for (const x of xs) for (let c = 0; c < channels; c++) out[to++] = src[(y * inW + x) * channels + c]!
  return out
}

/**
 * Resizes to `width × height` pixels. RGBA is filtered channel by channel (Pillow would premultiply first).
 * @returns new pixels; the same object if the size is already right
 */
export function resize(pixels: Pixels, width: number, height: number, method: Resample): Pixels {
  const { channels } = pixels
  if (width === pixels.width && height === pixels.height) return pixels
  if (method === 'nearest') {
    return { width, height, channels, data: nearest(pixels.data, pixels.width, pixels.height, width, height, channels) }
  }
  const filter = filters[method]
  const across = (data: Uint8Array, rows: number) => {
    if (width === pixels.width) return data
    return channels === 3 ? rgbRowPass(data, rows, pixels.width, width, filter) : pass(data, rows, pixels.width, width, channels, filter)
  }
  const down = (data: Uint8Array, columns: number) =>
    height === pixels.height ? data : pass(data, 1, pixels.height, height, columns * channels, filter)
  const data = verticalFirst(pixels, width, height)
    ? across(down(pixels.data, pixels.width), height)
    : down(across(pixels.data, pixels.height), width)
  return { width, height, channels, data }
}

/**
 * Pillow 13 or later goes vertical first if that reduces the pixel count more than twice as much; earlier versions
 * never do.
 */
function verticalFirst(pixels: Pixels, width: number, height: number) {
  const loss = pixels.height - height
  return loss > 0 && loss > 2 * (pixels.width - width)
}
