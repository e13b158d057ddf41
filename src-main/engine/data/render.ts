import type { Pixels } from './pixels.ts'
import type { PreprocessConfig } from './preprocess.ts'

export type Normalisation = Pick<PreprocessConfig, 'image_mean' | 'image_std'>

/** A background is a GRID × GRID grid of RGB colours in [0, 1], stretched over the view with bilinear interpolation. */
export const GRID = 4

/** One view of an image: geometry, colour and background. */
export interface View {
  /** Source position, in pixels from the corner, of output (u, v) ∈ [−½, ½]²: x = x0 + xu·u + xv·v, and likewise y. */
  place: { x0: number; xu: number; xv: number; y0: number; yu: number; yv: number }
  /**
   * A 3 × 4 matrix, row-major: output channel = m₀·r + m₁·g + m₂·b + m₃, with all values in [0, 1]; clipped to that
   * range.
   */
  colour: Float64Array
  /** The background behind a transparent image; white if undefined. */
  ground: Float32Array | undefined
}

/**
 * Renders a view row by row: sample, composite over the background, transform colours, normalise, store as CHW
 * float32. Sampling is bilinear in premultiplied colour, so that the colour of invisible pixels never bleeds; where
 * the view minifies n-fold along an axis, ⌊n + ½⌋ samples are averaged on it. Outside its bounds a transparent image
 * is transparent, and an opaque one repeats its edge.
 */
export function render(
  pixels: Pixels,
  { height, width }: { height: number; width: number },
  { place: { x0, xu, xv, y0, yu, yv }, colour, ground }: View,
  normalisation: Normalisation,
  out: Float32Array,
  offset: number,
): void {
  const tapsU = Math.max(1, Math.round(Math.hypot(xu, yu) / width))
  const tapsV = Math.max(1, Math.round(Math.hypot(xv, yv) / height))
  const [stepU, stepV] = [1 / (width * tapsU), 1 / (height * tapsV)]
  const u = 0.5 * stepU - 0.5
  const level = pixels.channels === 3 && xv === 0 && yu === 0
  const columns = level ? columnsOf(pixels.width, x0 + xu * u - 0.5, xu * stepU, width * tapsU) : undefined
  const sample = pixels.channels === 3 ? sampleOpaque : sampleTransparent
  const store = storer(colour, normalisation, out, height * width)
  const row = new Float64Array(width * 4)
  for (let y = 0; y < height; y++) {
    row.fill(0)
    for (let t = 0; t < tapsV; t++) {
      const v = (y * tapsV + t + 0.5) * stepV - 0.5
      const line = { x: x0 + xu * u + xv * v - 0.5, y: y0 + yu * u + yv * v - 0.5, dx: xu * stepU, dy: yu * stepU }
      if (columns) sampleLevel(pixels, columns, line.y, tapsU, 1 / (tapsU * tapsV), row)
      else sample(pixels, line, tapsU, 1 / (tapsU * tapsV), row)
    }
    if (pixels.channels === 4) layOver(row, ground, (y + 0.5) / height)
    store(row, offset + y * width)
  }
}

/** Sample i of a line is at (x + i·dx, y + i·dy); pixel centres are integers. */
type Line = { x: number; y: number; dx: number; dy: number }

// A sampler adds `share` of each sample to its pixel in `row`: premultiplied RGB and alpha, all in [0, 1]; every
// `taps` samples make a pixel. The loops are unrolled by hand because they dominate the data-loading time of
// training.

function sampleOpaque({ width, height, data }: Pixels, line: Line, taps: number, share: number, row: Float64Array) {
  const { dx, dy } = line
  const [lastX, lastY, stride] = [width - 1, height - 1, width * 3]
  const k = share / 255
  for (let o = 0, x = line.x, y = line.y; o < row.length; o += 4) {
    for (let t = 0; t < taps; t++, x += dx, y += dy) {
      const xf = Math.floor(x)
      const yf = Math.floor(y)
      const left = Math.max(0, Math.min(xf, lastX)) * 3
      const right = Math.max(0, Math.min(xf + 1, lastX)) * 3
      const upper = Math.max(0, Math.min(yf, lastY)) * stride
      const lower = Math.max(0, Math.min(yf + 1, lastY)) * stride
      const wr = (x - xf) * k
      const wl = k - wr
      const wd = y - yf
      const wu = 1 - wd
      const [a, b, c, d] = [upper + left, upper + right, lower + left, lower + right]
      row[o]! += wu * (wl * data[a]! + wr * data[b]!) + wd * (wl * data[c]! + wr * data[d]!)
      row[o + 1]! += wu * (wl * data[a + 1]! + wr * data[b + 1]!) + wd * (wl * data[c + 1]! + wr * data[d + 1]!)
      row[o + 2]! += wu * (wl * data[a + 2]! + wr * data[b + 2]!) + wd * (wl * data[c + 2]! + wr * data[d + 2]!)
    }
    row[o + 3] = 1
  }
}

/** Of each sample of a level line, the first bytes of its pixels to the left and to the right, and how far it is from the left one. */
type Columns = { readonly left: Int32Array; readonly right: Int32Array; readonly part: Float64Array }

function columnsOf(width: number, start: number, dx: number, n: number): Columns {
  const [left, right, part] = [new Int32Array(n), new Int32Array(n), new Float64Array(n)]
  for (let i = 0, x = start; i < n; i++, x += dx) {
    const xf = Math.floor(x)
    left[i] = Math.max(0, Math.min(xf, width - 1)) * 3
    right[i] = Math.max(0, Math.min(xf + 1, width - 1)) * 3
    part[i] = x - xf
  }
  return { left, right, part }
}

/** {@link sampleOpaque} of a view that is not turned, to the same bits: where its columns are is found once for all lines. */
function sampleLevel({ width, height, data }: Pixels, columns: Columns, y: number, taps: number, share: number, row: Float64Array) {
  const { left, right, part } = columns
  const k = share / 255
  const yf = Math.floor(y)
  const wd = y - yf
  const wu = 1 - wd
  const upper = Math.max(0, Math.min(yf, height - 1)) * width * 3
  const lower = Math.max(0, Math.min(yf + 1, height - 1)) * width * 3
  for (let o = 0, i = 0; o < row.length; o += 4) {
    let red = row[o]!
    let green = row[o + 1]!
    let blue = row[o + 2]!
    for (let t = 0; t < taps; t++, i++) {
      const wr = part[i]! * k
      const wl = k - wr
      const a = upper + left[i]!
      const b = upper + right[i]!
      const c = lower + left[i]!
      const d = lower + right[i]!
      red += wu * (wl * data[a]! + wr * data[b]!) + wd * (wl * data[c]! + wr * data[d]!)
      green += wu * (wl * data[a + 1]! + wr * data[b + 1]!) + wd * (wl * data[c + 1]! + wr * data[d + 1]!)
      blue += wu * (wl * data[a + 2]! + wr * data[b + 2]!) + wd * (wl * data[c + 2]! + wr * data[d + 2]!)
    }
    row[o] = red
    row[o + 1] = green
    row[o + 2] = blue
    row[o + 3] = 1
  }
}

function sampleTransparent({ width, height, data }: Pixels, line: Line, taps: number, share: number, row: Float64Array) {
  const { dx, dy } = line
  const [lastX, lastY, stride] = [width - 1, height - 1, width * 4]
  const k = share / 255
  for (let o = 0, x = line.x, y = line.y; o < row.length; o += 4) {
    for (let t = 0; t < taps; t++, x += dx, y += dy) {
      const xf = Math.floor(x)
      const yf = Math.floor(y)
      if (xf < -1 || yf < -1 || xf > lastX || yf > lastY) continue
      const left = Math.max(0, xf) * 4
      const right = Math.min(xf + 1, lastX) * 4
      const upper = Math.max(0, yf) * stride
      const lower = Math.min(yf + 1, lastY) * stride
      const wl = xf < 0 ? 0 : (1 - x + xf) * k
      const wr = xf < lastX ? (x - xf) * k : 0
      const wu = yf < 0 ? 0 : 1 - y + yf
      const wd = yf < lastY ? y - yf : 0
      const [a, b, c, d] = [upper + left, upper + right, lower + left, lower + right]
      const wa = wl * wu * data[a + 3]!
      const wb = wr * wu * data[b + 3]!
      const wc = wl * wd * data[c + 3]!
      const we = wr * wd * data[d + 3]!
      row[o]! += (wa * data[a]! + wb * data[b]! + wc * data[c]! + we * data[d]!) / 255
      row[o + 1]! += (wa * data[a + 1]! + wb * data[b + 1]! + wc * data[c + 1]! + we * data[d + 1]!) / 255
      row[o + 2]! += (wa * data[a + 2]! + wb * data[b + 2]! + wc * data[c + 2]! + we * data[d + 2]!) / 255
      row[o + 3]! += wa + wb + wc + we
    }
  }
}

/** Composites the row over the background at height v. */
function layOver(row: Float64Array, ground: Float32Array | undefined, v: number) {
  const gy = v * (GRID - 1)
  const fy = gy % 1
  const upper = Math.floor(gy) * GRID * 3 // v < 1, so a row below exists; likewise a column to the right
  for (let o = 0; o < row.length; o += 4) {
    const through = 1 - row[o + 3]!
    if (through < 1e-6) continue
    if (!ground) {
      row[o]! += through
      row[o + 1]! += through
      row[o + 2]! += through
      continue
    }
    const gx = ((o + 2) / row.length) * (GRID - 1)
    const fx = gx % 1
    const at = upper + Math.floor(gx) * 3
    for (let c = 0; c < 3; c++) {
      const above = ground[at + c]! * (1 - fx) + ground[at + 3 + c]! * fx
      const below = ground[at + GRID * 3 + c]! * (1 - fx) + ground[at + GRID * 3 + 3 + c]! * fx
      row[o + c]! += through * (above * (1 - fy) + below * fy)
    }
  }
}

/** Colour matrix, clipping and normalisation in one step: out = (clip(m·rgb) − mean) / std. */
function storer(m: Float64Array, { image_mean, image_std }: Normalisation, out: Float32Array, area: number) {
  const folded = m.map((v, i) => (v - (i % 4 === 3 ? image_mean[i >> 2]! : 0)) / image_std[i >> 2]!)
  return (row: Float64Array, offset: number) => {
    for (let c = 0; c < 3; c++) {
      const [kr, kg, kb, k] = [folded[c * 4]!, folded[c * 4 + 1]!, folded[c * 4 + 2]!, folded[c * 4 + 3]!]
      const low = -image_mean[c]! / image_std[c]!
      const high = (1 - image_mean[c]!) / image_std[c]!
      for (let o = 0, to = offset + c * area; o < row.length; o += 4, to++) {
        out[to] = Math.max(low, Math.min(high, kr * row[o]! + kg * row[o + 1]! + kb * row[o + 2]! + k))
      }
    }
  }
}
