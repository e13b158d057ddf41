import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { augment, augmentRng, augmentSchema } from '../../../src-main/engine/data/augment.ts'
import { decodeImage } from '../../../src-main/engine/data/decode.ts'
import type { Pixels } from '../../../src-main/engine/data/pixels.ts'
import { preprocess, preprocessSchema } from '../../../src-main/engine/data/preprocess.ts'
import { cutter, golden } from './golden.ts'

const cut = await cutter()
const rgba = await decodeImage(golden('images/rgba.png'), undefined, { alpha: 'keep' })
const plain = { image_mean: [0, 0, 0] as [number, number, number], image_std: [1, 1, 1] as [number, number, number] }

/** A view as [channel][row][column], colours in [0, 1]. */
function view(pixels: Pixels, config: object, size = { height: 24, width: 24 }, rng = augmentRng(1, 2, 3)) {
  const out = new Float32Array(3 * size.height * size.width)
  augment(pixels, size, augmentSchema.parse(config), plain, rng, out)
  const row = (c: number, y: number) => [...out.subarray((c * size.height + y) * size.width, (c * size.height + y + 1) * size.width)]
  return [0, 1, 2].map((c) => Array.from({ length: size.height }, (_, y) => row(c, y)))
}
const solid = (width: number, height: number, ...colour: number[]): Pixels => ({
  width,
  height,
  channels: colour.length as 3 | 4,
  data: Uint8Array.from({ length: width * height * colour.length }, (_, i) => colour[i % colour.length]!),
})
const painted = (width: number, height: number, at: (x: number, y: number) => number[]): Pixels => {
  const pixels = Array.from({ length: width * height }, (_, i) => at(i % width, Math.floor(i / width)))
  return { width, height, channels: pixels[0]!.length as 3 | 4, data: Uint8Array.from(pixels.flat()) }
}

describe('without any change asked for', () => {
  const config = preprocessSchema.parse({ do_resize: false, do_center_crop: false })

  it.each<[string, Pixels, number]>([
    ['an opaque picture', cut(40, 30), 1e-6],
    ['a transparent one', rgba, 0.6 / 255 / 0.26], // the reference rounds the laying over white to bytes
  ])('%s is what preprocessing gives', (_, pixels, tolerance) => {
    const { width, height } = pixels
    const [got, want] = [new Float32Array(3 * width * height + 2), new Float32Array(3 * width * height + 2)]
    augment(pixels, { width, height }, augmentSchema.parse({}), config, augmentRng(0, 0, 0), got, 2)
    preprocess(pixels, config, want, 2)
    expect(Math.max(...got.map((v, i) => Math.abs(v - want[i]!)))).toBeLessThanOrEqual(tolerance)
  })
})

const everything = {
  minScale: 0.3,
  maxScale: 1.5,
  aspect: 1.5,
  flip: 0.5,
  rotate: 30,
  shear: 10,
  brightness: 0.4,
  contrast: 0.4,
  saturation: 0.4,
  hue: 0.1,
  grayscale: 0.2,
  background: 0.5,
}

it('a view depends on seed, epoch and index alone, and on each of them', () => {
  const seen = (...path: [number, number, number]) => JSON.stringify(view(rgba, everything, undefined, augmentRng(...path)))
  const first = seen(1, 2, 3)
  seen(9, 9, 9)
  expect(seen(1, 2, 3)).toBe(first)
  for (const other of [seen(2, 2, 3), seen(1, 3, 3), seen(1, 2, 4)]) expect(other).not.toBe(first)
})

it('any configuration gives colours between black and white', () => {
  const unit = fc.double({ min: 0, max: 1, noNaN: true })
  const config = fc.record({
    minScale: fc.double({ min: 0.01, max: 1, noNaN: true }),
    maxScale: fc.double({ min: 1, max: 4, noNaN: true }),
    aspect: fc.double({ min: 1, max: 4, noNaN: true }),
    flip: unit,
    rotate: fc.integer({ min: 0, max: 180 }),
    shear: fc.integer({ min: 0, max: 60 }),
    brightness: unit,
    contrast: unit,
    saturation: unit,
    hue: unit.map((v) => v / 2),
    grayscale: unit,
    background: unit,
    operations: fc.integer({ min: 0, max: 3 }),
    magnitude: fc.integer({ min: 0, max: 30 }),
  })
  fc.assert(
    fc.property(config, fc.constantFrom(rgba, cut(37, 20), solid(1, 1, 200, 10, 30)), fc.nat(), (c, pixels, seed) => {
      const seen = view(pixels, c, { height: 7, width: 9 }, augmentRng(seed, 0, 0)).flat(2)
      expect(seen.filter((v) => !(v >= 0 && v <= 1))).toEqual([])
    }),
  )
})

describe('geometry', () => {
  it('a flip mirrors', () => {
    const mirrored = view(cut(24, 24), { flip: 1 })
      .map((channel) => channel.map((row) => row.reverse()))
      .flat(2)
    expect(
      Math.max(
        ...view(cut(24, 24), {})
          .flat(2)
          .map((v, i) => Math.abs(v - mirrored[i]!)),
      ),
    ).toBeLessThan(1e-6)
  })

  it('leaves a plain picture plain, whatever the crop, turn and shear', () => {
    for (let i = 0; i < 20; i++) {
      const seen = view(
        solid(31, 17, 51, 102, 153),
        { ...everything, brightness: 0, contrast: 0, saturation: 0, hue: 0, grayscale: 0 },
        undefined,
        augmentRng(0, 0, i),
      )
      for (const [c, channel] of seen.entries()) {
        expect(Math.max(...channel.flat().map((v) => Math.abs(v - [0.2, 0.4, 0.6][c]!)))).toBeLessThan(1e-6)
      }
    }
  })

  it('crops the share of the area asked for, inside the picture', () => {
    // Red tells the column and green the row, so that a view tells where it was taken.
    const ramp = painted(201, 101, (x, y) => [x, y, 0])
    const shares = Array.from({ length: 200 }, (_, i) => {
      const [red, green] = view(ramp, { minScale: 0.25, aspect: 1.5 }, { height: 11, width: 11 }, augmentRng(4, 0, i)) as [
        number[][],
        number[][],
      ]
      const width = ((red[5]![8]! - red[5]![2]!) * 255 * 11) / 6
      const height = ((green[8]![5]! - green[2]![5]!) * 255 * 11) / 6
      return (width * height) / (201 * 101)
    })
    expect(Math.min(...shares)).toBeGreaterThan(0.24)
    expect(Math.min(...shares)).toBeLessThan(0.3)
    expect(Math.max(...shares)).toBeLessThan(1.01)
    expect(Math.max(...shares)).toBeGreaterThan(0.9)
  })

  it('turns about the middle by no more than asked', () => {
    const ramp = painted(101, 101, (x) => [x, 0, 0])
    const angles = Array.from({ length: 100 }, (_, i) => {
      const red = view(ramp, { rotate: 30 }, { height: 21, width: 21 }, augmentRng(6, 0, i))[0]!
      expect(red[10]![10]! * 255).toBeCloseTo(50, 3)
      return (Math.atan2(red[14]![10]! - red[6]![10]!, red[10]![14]! - red[10]![6]!) * 180) / Math.PI
    })
    expect(Math.max(...angles)).toBeLessThanOrEqual(30.01)
    expect(Math.max(...angles)).toBeGreaterThan(25)
    expect(Math.min(...angles)).toBeLessThan(-25)
  })

  it('averages where it shrinks, so that fine patterns do not alias', () => {
    const board = painted(256, 256, (x, y) => ((x + y) % 2 ? [255, 255, 255] : [0, 0, 0]))
    const seen = view(board, {}, { height: 32, width: 32 }).flat(2)
    expect(Math.max(...seen.map((v) => Math.abs(v - 0.5)))).toBeLessThan(0.02)
  })
})

describe('colour', () => {
  const colours = [
    [255, 0, 0],
    [10, 200, 60],
    [0, 0, 0],
    [255, 255, 255],
    [120, 130, 90],
  ]
  const strip = painted(5, 1, (x) => colours[x]!)
  const seen = (config: object, i: number) => view(strip, config, { height: 1, width: 5 }, augmentRng(8, 0, i)).map((c) => c[0]!)

  it('grey is the luma', () => {
    const grey = seen({ grayscale: 1 }, 0)
    for (const [x, [r, g, b]] of (colours as [number, number, number][]).entries()) {
      for (const channel of grey) expect(channel[x]).toBeCloseTo((0.299 * r + 0.587 * g + 0.114 * b) / 255, 5)
    }
  })

  it('brightness scales, contrast spreads about middle grey, hue and saturation leave greys alone', () => {
    for (let i = 0; i < 20; i++) {
      const [dim] = seen({ brightness: 0.3 }, i) as [number[]]
      const factor = dim[4]! / (120 / 255)
      expect(factor).toBeGreaterThan(0.69)
      expect(factor).toBeLessThan(1.31)
      expect(dim[1]).toBeCloseTo(Math.min(1, factor * (10 / 255)), 5)
      const spread = seen({ contrast: 0.3 }, i)
      expect((spread[0]![4]! - 0.5) / (120 / 255 - 0.5)).toBeCloseTo((spread[2]![4]! - 0.5) / (90 / 255 - 0.5), 4)
      for (const channel of seen({ hue: 0.5, saturation: 0.9 }, i)) {
        expect(channel[2]).toBeCloseTo(0, 6)
        expect(channel[3]).toBeCloseTo(1, 6)
      }
    }
  })

  it('hue turns red towards the other colours', () => {
    const leading = new Set(
      Array.from({ length: 40 }, (_, i) => {
        const pixel = seen({ hue: 0.5 }, i).map((c) => c[0]!)
        return pixel.indexOf(Math.max(...pixel))
      }),
    )
    expect([...leading].sort()).toEqual([0, 1, 2])
  })
})

describe('a ground behind a transparent picture', () => {
  it('never mixes in the colour of an invisible pixel', () => {
    const disc = painted(40, 40, (x, y) => ((x - 20) ** 2 + (y - 20) ** 2 < 100 ? [255, 0, 0, 255] : [0, 255, 0, 0]))
    for (let i = 0; i < 10; i++) {
      const [r, g, b] = view(
        disc,
        { ...everything, brightness: 0, contrast: 0, saturation: 0, hue: 0, grayscale: 0, background: 0 },
        undefined,
        augmentRng(2, 0, i),
      )
      expect(Math.min(...r!.flat())).toBeGreaterThan(0.9999)
      const blue = b!.flat()
      expect(Math.max(...g!.flat().map((v, at) => Math.abs(v - blue[at]!)))).toBeLessThan(1e-6)
    }
  })

  it('is white, or random as often as asked: plain, sloping or cloudy', () => {
    const glass = solid(20, 20, 1, 2, 3, 0)
    const kinds = { white: 0, plain: 0, varied: 0 }
    for (let i = 0; i < 300; i++) {
      const values = view(glass, { background: 0.75 }, { height: 8, width: 8 }, augmentRng(3, 0, i))
      const [low, high] = [Math.min(...values[0]!.flat()), Math.max(...values[0]!.flat())]
      kinds[low > 0.99999 ? 'white' : high - low < 1e-5 ? 'plain' : 'varied']++
    }
    expect(Math.abs(kinds.white - 75)).toBeLessThan(30)
    expect(Math.abs(kinds.plain - 75)).toBeLessThan(30)
    expect(Math.abs(kinds.varied - 150)).toBeLessThan(35)
  })
})

it.each([{ minScale: 0 }, { aspect: 0.5 }, { flip: 2 }, { hue: 0.7 }, { rotate: -1 }, { zoom: 1 }])('%j is refused', (config) => {
  expect(augmentSchema.safeParse(config).success).toBe(false)
})

describe('each number', () => {
  it.each([
    ['minScale', 0.001, 1],
    ['maxScale', 1, 4],
    ['aspect', 1, 4],
    ['flip', 0, 1],
    ['rotate', 0, 180],
    ['shear', 0, 60],
    ['brightness', 0, 1],
    ['contrast', 0, 1],
    ['saturation', 0, 1],
    ['hue', 0, 0.5],
    ['grayscale', 0, 1],
    ['background', 0, 1],
    ['operations', 0, 10],
    ['magnitude', 0, 30],
  ])('%s lies between %d and %d', (name, least, most) => {
    for (const inside of [least, most]) expect(augmentSchema.parse({ [name]: inside })).toMatchObject({ [name]: inside })
    for (const outside of [least - 0.01, most + 0.01]) expect(augmentSchema.safeParse({ [name]: outside }).success).toBe(false)
    // The default changes nothing.
    expect(augmentSchema.parse({})).toMatchObject({ [name]: /Scale|aspect/.test(name) ? 1 : 0 })
  })
  it('has a name: others are refused', () => {
    expect(augmentSchema.safeParse({ blur: 1 }).success).toBe(false)
  })
})
