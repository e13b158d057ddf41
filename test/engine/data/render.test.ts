/** Views of pictures beside a plain reading of what they are: every sample by itself, in the order in which it is described. */
import { describe, expect, it } from 'vitest'
import { augment, augmentSchema } from '../../../src-main/engine/data/augment.ts'
import type { Pixels } from '../../../src-main/engine/data/pixels.ts'
import { GRID, render, type Normalisation, type View } from '../../../src-main/engine/data/render.ts'
import { Rng } from '../../../src-main/engine/data/rng.ts'

const normalisation: Normalisation = { image_mean: [0.4, 0.5, 0.3], image_std: [0.25, 0.5, 0.2] }
const unchanged = Float64Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0)
const picture = (width: number, height: number, channels: 3 | 4, seed = 1): Pixels => {
  const rng = Rng.of(seed, width, height)
  return { width, height, channels, data: Uint8Array.from({ length: width * height * channels }, () => rng.int(256)) }
}

/** Premultiplied colour and alpha in [0, 1]: an opaque picture repeats its edge, a transparent one ends there. */
function pixelAt({ width, height, channels, data }: Pixels, x: number, y: number): number[] {
  const inside = x >= 0 && y >= 0 && x < width && y < height
  if (channels === 4 && !inside) return [0, 0, 0, 0]
  const [cx, cy] = [Math.min(width - 1, Math.max(0, x)), Math.min(height - 1, Math.max(0, y))]
  const at = (cy * width + cx) * channels
  const alpha = channels === 4 ? data[at + 3]! / 255 : 1
  return [0, 1, 2].map((c) => (data[at + c]! / 255) * alpha).concat(alpha)
}

/** Between the four values around a place whose whole numbers are their centres. */
function between(x: number, y: number, at: (x: number, y: number) => number[]): number[] {
  const [left, upper] = [Math.floor(x), Math.floor(y)]
  const [fx, fy] = [x - left, y - upper]
  const corners = [
    [at(left, upper), (1 - fx) * (1 - fy)],
    [at(left + 1, upper), fx * (1 - fy)],
    [at(left, upper + 1), (1 - fx) * fy],
    [at(left + 1, upper + 1), fx * fy],
  ] as const
  return corners[0][0].map((_, c) => corners.reduce((sum, [value, weight]) => sum + value[c]! * weight, 0))
}

function plainly(pixels: Pixels, { width, height }: { width: number; height: number }, { place, colour, ground }: View): number[] {
  const { x0, xu, xv, y0, yu, yv } = place
  const [across, down] = [Math.max(1, Math.round(Math.hypot(xu, yu) / width)), Math.max(1, Math.round(Math.hypot(xv, yv) / height))]
  const out = Array.from({ length: 3 * height * width }, () => 0)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const mean = [0, 0, 0, 0]
      for (let i = 0; i < across; i++)
        for (let j = 0; j < down; j++) {
          const [u, v] = [(x + (i + 0.5) / across) / width - 0.5, (y + (j + 0.5) / down) / height - 0.5]
          const sample = between(x0 + xu * u + xv * v - 0.5, y0 + yu * u + yv * v - 0.5, (px, py) => pixelAt(pixels, px, py))
          sample.forEach((value, c) => (mean[c]! += value / (across * down)))
        }
      const behind = ground
        ? between(((x + 0.5) / width) * (GRID - 1), ((y + 0.5) / height) * (GRID - 1), (gx, gy) =>
            [0, 1, 2].map((c) => ground[(gy * GRID + gx) * 3 + c] ?? 0),
          )
        : [1, 1, 1]
      const rgb = [0, 1, 2].map((c) => mean[c]! + (1 - mean[3]!) * behind[c]!)
      for (let c = 0; c < 3; c++) {
        const m = colour.subarray(c * 4, c * 4 + 4)
        const value = Math.min(1, Math.max(0, m[0]! * rgb[0]! + m[1]! * rgb[1]! + m[2]! * rgb[2]! + m[3]!))
        out[(c * height + y) * width + x] = (value - normalisation.image_mean[c]!) / normalisation.image_std[c]!
      }
    }
  return out
}

function compare(pixels: Pixels, size: { width: number; height: number }, view: View) {
  const out = new Float32Array(3 * size.width * size.height + 7).fill(9)
  render(pixels, size, view, normalisation, out, 4)
  const expected = plainly(pixels, size, view)
  expect([...out.subarray(0, 4), ...out.subarray(-3)]).toEqual([9, 9, 9, 9, 9, 9, 9])
  expect(Math.max(...expected.map((value, i) => Math.abs(value - out[i + 4]!)))).toBeLessThan(1e-5)
}

/** Turned, sheared, mirrored, shifted, beyond the edges; larger and smaller than the picture. */
const places: Record<string, (width: number, height: number) => View['place']> = {
  'as it is': (w, h) => ({ x0: w / 2, xu: w, xv: 0, y0: h / 2, yu: 0, yv: h }),
  'a part, magnified': (w, h) => ({ x0: w / 2 + 0.3, xu: w / 3, xv: 0, y0: h / 2 - 0.7, yu: 0, yv: h / 4 }),
  'turned and sheared': (w, h) => ({ x0: w / 2, xu: 0.8 * w, xv: 0.45 * h, y0: h / 2, yu: -0.5 * w, yv: 0.9 * h }),
  'mirrored, beyond every edge': (w, h) => ({ x0: w / 2 - 1.2, xu: -2.2 * w, xv: 0.2, y0: h / 2 + 0.9, yu: 0.3, yv: 2.4 * h }),
  'a hundred times smaller': (w, h) => ({ x0: w / 2, xu: 9 * w, xv: -3 * h, y0: h / 2, yu: 2 * w, yv: 11 * h }),
  'mirrored and smaller, level': (w, h) => ({ x0: w / 2 + 1, xu: -9 * w, xv: 0, y0: h / 2 - 0.4, yu: 0, yv: 11 * h }),
  'aside of it': (w, h) => ({ x0: -w, xu: w, xv: 0, y0: 2 * h, yu: 0, yv: h }),
}
const colours = Float64Array.of(0.7, 0.4, -0.3, 0.1, -0.2, 1.1, 0.3, -0.05, 0.25, 0.3, 0.6, 0)
const rng = Rng.of(5)
const grid = Float32Array.from({ length: GRID * GRID * 3 }, () => rng.uniform())

describe('a view is what a plain reading gives', () => {
  it.each(Object.entries(places))('%s', (_, place) => {
    for (const channels of [3, 4] as const)
      for (const [w, h] of [
        [5, 4],
        [8, 11],
        [1, 1],
      ] as const)
        for (const ground of channels === 4 ? [undefined, grid] : [undefined]) {
          compare(picture(w, h, channels), { width: 6, height: 5 }, { place: place(w, h), colour: unchanged, ground })
          compare(picture(w, h, channels), { width: 3, height: 7 }, { place: place(w, h), colour: colours, ground })
        }
  })

  it('where each pixel stands on its own, to the last edge', () => {
    const pixels = picture(4, 3, 4)
    pixels.data.forEach((_, i) => i % 4 === 3 && (pixels.data[i] = 255))
    for (const ground of [undefined, grid])
      compare(pixels, { width: 4, height: 3 }, { place: { x0: 2, xu: 4, xv: 0, y0: 1.5, yu: 0, yv: 3 }, colour: unchanged, ground })
    for (const [dx, dy] of [
      [-1, 0],
      [1, 0],
      [0, -1],
      [0, 1],
    ] as const)
      compare(
        pixels,
        { width: 4, height: 3 },
        { place: { x0: 2 + dx, xu: 4, xv: 0, y0: 1.5 + dy, yu: 0, yv: 3 }, colour: unchanged, ground: grid },
      )
  })

  it('a level one has the bits of one that is all but level', () => {
    const bits = (place: View['place']) => {
      const out = new Float32Array(3 * 7 * 9)
      render(picture(50, 40, 3), { width: 9, height: 7 }, { place, colour: colours, ground: undefined }, normalisation, out, 0)
      return out
    }
    for (const xu of [9, 31.7, -60]) {
      const level = { x0: 24.3, xu, xv: 0, y0: 19.1, yu: 0, yv: 44.4 }
      expect(bits(level)).toEqual(bits({ ...level, yu: 1e-300 }))
    }
  })

  it('an opaque picture has no background', () => {
    const out = [undefined, grid].map((ground) => {
      const data = new Float32Array(48)
      render(
        picture(3, 3, 3),
        { width: 4, height: 4 },
        { place: places['mirrored, beyond every edge']!(3, 3), colour: unchanged, ground },
        normalisation,
        data,
        0,
      )
      return [...data]
    })
    expect(out[0]).toEqual(out[1])
  })
})

describe('a random view is the one that its numbers give, in their order', () => {
  const config = augmentSchema.parse({
    ...{ minScale: 0.4, maxScale: 1.6, aspect: 1.5, flip: 0.5, rotate: 40, shear: 15, background: 0.7 },
    ...{ brightness: 0.3, contrast: 0.4, saturation: 0.5, hue: 0.2, grayscale: 0.3 },
  })
  type Matrix = readonly (readonly number[])[]
  const times = (a: Matrix, b: Matrix): Matrix => a.map((row) => b[0]!.map((_, j) => row.reduce((sum, x, k) => sum + x * b[k]![j]!, 0)))
  const degrees = Math.PI / 180

  /** Crop, then mirror, shear and turn about its middle. */
  function placeOf(draw: Rng, { width, height }: Pixels): View['place'] {
    const scale = draw.uniform(0.4, 1.6)
    const stretch = 1.5 ** draw.uniform(-1, 1)
    const [w, h] = [width * Math.sqrt(scale * stretch), height * Math.sqrt(scale / stretch)]
    const x0 = width / 2 + draw.uniform(-0.5, 0.5) * Math.abs(width - w)
    const y0 = height / 2 + draw.uniform(-0.5, 0.5) * Math.abs(height - h)
    const flip = draw.chance(0.5) ? -1 : 1
    const angle = draw.uniform(-40, 40) * degrees
    const shear = Math.tan(draw.uniform(-15, 15) * degrees)
    const turn = [
      [Math.cos(angle), -Math.sin(angle)],
      [Math.sin(angle), Math.cos(angle)],
    ]
    const sheared = [
      [1, shear],
      [0, 1],
    ]
    const sized = [
      [w * flip, 0],
      [0, h],
    ]
    const [[xu, xv], [yu, yv]] = times(times(turn, sheared), sized) as [[number, number], [number, number]]
    return { x0, xu, xv, y0, yu, yv }
  }

  function colourOf(draw: Rng): Float64Array {
    const [brightness, contrast, jitter] = [1 + draw.uniform(-0.3, 0.3), 1 + draw.uniform(-0.4, 0.4), 1 + draw.uniform(-0.5, 0.5)]
    const turn = draw.uniform(-0.2, 0.2) * 2 * Math.PI
    const saturation = draw.chance(0.3) ? 0 : jitter
    // A turn about the grey axis (1, 1, 1)/√3.
    const n = 1 / Math.sqrt(3)
    const cross = [
      [0, -n, n],
      [n, 0, -n],
      [-n, n, 0],
    ]
    const hue = [0, 1, 2].map((i) =>
      [0, 1, 2].map((j) => (i === j ? Math.cos(turn) : 0) + Math.sin(turn) * cross[i]![j]! + ((1 - Math.cos(turn)) * 1) / 3),
    )
    const saturated = [0, 1, 2].map((i) => [0.299, 0.587, 0.114].map((luma, j) => (i === j ? saturation : 0) + (1 - saturation) * luma))
    const matrix = times(saturated, hue).map((row) => row.map((x) => x * contrast * brightness))
    return Float64Array.from(matrix.flatMap((row) => [...row, 0.5 * (1 - contrast) * brightness]))
  }

  function groundOf(draw: Rng): Float32Array | undefined {
    const used = draw.chance(0.7)
    const kind = draw.int(3)
    const angle = draw.uniform(0, 2 * Math.PI)
    const drawn = Float32Array.from({ length: GRID * GRID * 3 }, () => draw.uniform())
    if (!used || kind === 2) return used ? drawn : undefined
    // Plain: halfway between the first two colours. A gradient: from one to the other, across the middle.
    return Float32Array.from({ length: drawn.length }, (_, i) => {
      const [x, y] = [Math.floor(i / 3) % GRID, Math.floor(i / 3 / GRID)]
      const way = kind === 0 ? 0 : ((x - 1.5) * Math.cos(angle) + (y - 1.5) * Math.sin(angle)) / GRID
      const t = Math.min(1, Math.max(0, 0.5 + way))
      return drawn[i % 3]! * (1 - t) + drawn[3 + (i % 3)]! * t
    })
  }

  it.each([3, 4] as const)('of %i channels', (channels) => {
    for (let seed = 0; seed < 24; seed++) {
      const pixels = picture(7, 5, channels, seed)
      const out = new Float32Array(3 * 4 * 6)
      augment(pixels, { width: 4, height: 6 }, config, normalisation, Rng.of(seed, 3), out)
      const draw = Rng.of(seed, 3)
      const expected = plainly(
        pixels,
        { width: 4, height: 6 },
        { place: placeOf(draw, pixels), colour: colourOf(draw), ground: groundOf(draw) },
      )
      expect(Math.max(...expected.map((value, i) => Math.abs(value - out[i]!)))).toBeLessThan(1e-4)
    }
  })
})
