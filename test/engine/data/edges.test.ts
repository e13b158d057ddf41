/** The edges of what data is read from: headers box by box, expressions of just the size that is run, batches of few examples. */
import { describe, expect, test } from 'vitest'
import { batches } from '../../../src-main/engine/data/batches.ts'
import { jp2Deep, jp2Size } from '../../../src-main/engine/data/jp2.ts'
import { isLinear } from '../../../src-main/engine/data/pattern.ts'
import { Rng } from '../../../src-main/engine/data/rng.ts'
import { augment, augmentRng, augmentSchema } from '../../../src-main/engine/data/augment.ts'

describe('the header of a JPEG 2000', () => {
  const u16 = (x: number) => [x >>> 8, x & 255]
  const u32 = (x: number) => [...u16(x >>> 16), ...u16(x & 0xffff)]
  const letters = (kind: string) => [...kind].map((c) => c.charCodeAt(0))
  const box = (kind: string, content: number[], length = content.length + 8) => [...u32(length), ...letters(kind), ...content]
  interface Siz {
    from?: [number, number]
    tile?: [number, number]
    components?: number[][]
    count?: number
  }
  const codestream = ({ from = [0, 0], tile = [30, 20], components = [[7, 1, 1]], count = components.length }: Siz = {}) => [
    ...[0xff, 0x4f, 0xff, 0x51, ...u16(41), ...u16(0)],
    ...[30, 20, ...from, ...tile, 0, 0].flatMap(u32),
    ...u16(count),
    ...components.flat(),
  ]
  const size = (bytes: number[]) => jp2Size(Uint8Array.from(bytes))
  const whole = { width: 30, height: 20 }

  test('is at the beginning, or in the box with the codestream', () => {
    expect(size(codestream())).toEqual(whole)
    expect(size([...box('ftyp', letters('jp2 ')), ...box('jp2c', codestream())])).toEqual(whole)
    expect(size(box('jp2c', codestream({ from: [10, 5] })))).toEqual({ width: 20, height: 15 })
  })
  test('boxes may have a length of 64 bits, or reach to the end, and hold others', () => {
    expect(size([...u32(1), ...letters('jp2c'), ...u32(0), ...u32(16 + codestream().length), ...codestream()])).toEqual(whole)
    expect(size(box('jp2c', codestream(), 0))).toEqual(whole)
    const colours = box('colr', [1, 0, 0, ...u32(17)])
    expect(size([...box('jp2h', [...colours, ...box('pclr', [])]), ...box('jp2c', codestream())])).toEqual(whole)
  })
  test('a box shorter than its own head, or none with a codestream, is refused', () => {
    expect(() => size([...box('free', [0, 0, 0, 0], 7)])).toThrow('a box of 7 bytes')
    expect(() => size([...u32(1), ...letters('free'), ...u32(0), ...u32(15), ...codestream()])).toThrow('a box of 15 bytes')
    expect(() => size(box('free', [0, 0, 0, 0]))).toThrow('no codestream')
    expect(() => size(letters('short'))).toThrow('cut off')
    expect(() => size(codestream().slice(0, 39))).toThrow('no size')
    expect(() => size([...box('jp2c', [0xff, 0x4f, 0xff, 0x52, ...codestream().slice(4)])])).toThrow('no size')
  })
  test('one to four components of 16 bits at most, all of one resolution', () => {
    const of = (...depths: number[]) => size(codestream({ components: depths.map((d) => [d, 1, 1]) }))
    expect([of(15), of(7, 7, 7, 7), of(128 + 15)]).toEqual([whole, whole, whole])
    expect(() => of(16)).toThrow('found 17')
    expect(() => of(7, 7, 7, 7, 7)).toThrow('found 5')
    expect(() => size(codestream({ count: 0 }))).toThrow('found 0')
    expect(() => size(codestream({ count: 2 }))).toThrow('found 2') // of which one is missing
    for (const odd of [
      [7, 2, 1],
      [7, 1, 2],
    ])
      expect(() => size(codestream({ components: [odd] }))).toThrow('different resolutions')
  })
  test('as many tiles as the format can number', () => {
    expect(size(codestream({ tile: [1, 1] }))).toEqual(whole)
    for (const none of [
      [0, 1],
      [1, 0],
    ] as const)
      expect(() => size(codestream({ tile: [...none] }))).toThrow('more tiles')
    const large = (side: number) => {
      const bytes = codestream({ tile: [1, 1] })
      bytes.splice(8, 8, ...u32(side), ...u32(side))
      return bytes
    }
    expect(size(large(255))).toEqual({ width: 255, height: 255 })
    expect(() => size(large(256))).toThrow('more tiles')
  })
  test('is deep where it is of grey with more than 8 bits', () => {
    const deep = (...depths: number[]) => jp2Deep(Uint8Array.from(codestream({ components: depths.map((d) => [d, 1, 1]) })))
    expect([deep(7), deep(8), deep(128 + 8), deep(8, 8, 8)]).toEqual([false, true, true, false])
  })
})

describe('an expression', () => {
  const optional = (n: number) => 'a?'.repeat(n)
  test.each([
    ['in 256 ways', optional(8), optional(9)],
    ['in 256 ways, told otherwise', 'a{0,31}b{0,7}', 'a{0,31}b{0,8}'],
    ['in 256 ways, from a few on', 'a{2,17}b{1,16}', 'a{2,18}b{1,16}'],
    ['in 256 ways, some of them in groups', `(a|b)${optional(7)}`, `(a|b)${optional(8)}`],
    ['of 32 repeats', 'a{32}', 'a{33}'],
    ['of up to 32 repeats', 'a{0,32}', 'a{0,33}'],
    ['of at least 32 repeats', 'a{32,}', 'a{33,}'],
    ['of a group once', '(ab){1}', '(ab){2}'],
    ['of 2,000 characters', 'a'.repeat(2000), 'a'.repeat(2001)],
    ['with nothing that must follow', 'a+b?c*', 'a+b'],
    ['with spaces at its end', String.raw`\s+(?!\S)|a`, String.raw`\s+(?!\S)a`],
    ['of an alternative after another', 'a+|b', 'a+|b+c'],
  ])('%s is run, one more is not', (_, run, more) => expect([isLinear(run), isLinear(more)]).toEqual([true, false]))
})

test('each batch has its own slot among those loaded concurrently, counted from 0', async () => {
  const slots: number[] = []
  const load = async ({ slot }: { slot: number }) => void slots.push(slot)
  for await (const batch of batches({ n: 3, batchSize: 1, last: 'drop', epochs: 2 }, load, { prefetch: 2 }))
    expect(Object.keys(batch).sort()).toEqual(['count', 'data', 'epoch', 'indices', 'next'])
  expect(slots).toEqual([0, 1, 2, 0, 1, 2])
})

describe('random numbers', () => {
  test('of whole numbers and ranges lie in them, and reach both ends', () => {
    const rng = Rng.of(1)
    const ints = Array.from({ length: 400 }, () => rng.int(4))
    expect([...new Set(ints)].sort()).toEqual([0, 1, 2, 3])
    const range = Array.from({ length: 400 }, () => rng.uniform(-2, 6))
    expect([Math.min(...range) < -1.8, Math.min(...range) >= -2, Math.max(...range) > 5.8, Math.max(...range) < 6]).toEqual(
      Array(4).fill(true),
    )
    expect([rng.chance(0), rng.chance(1)]).toEqual([false, true])
  })
  test('have a path of whole numbers, of which the upper bits count too', () => {
    for (const wrong of [0.5, NaN, 2 ** 53]) expect(() => Rng.of(1, wrong)).toThrow(`not ${wrong}`)
    const first = (...path: number[]) => Rng.of(...path).uniform()
    expect(new Set([first(), first(0), first(0, 0), first(2 ** 32), first(2 ** 40), first(-1), first(-(2 ** 40))]).size).toBe(7)
  })
  test('are today what they were: trainings are repeated from their seeds', () => {
    const rng = Rng.of(7, 8, 9)
    expect([rng.bits(), rng.int(1000), rng.shuffle([1, 2, 3, 4, 5]).join('')]).toMatchInlineSnapshot(`
      [
        -1491581439,
        145,
        "45132",
      ]
    `)
    expect(rng.normal()).toMatchInlineSnapshot(`-0.9565131935044519`)
  })
})

test('a view of a picture is today what it was', () => {
  const pixels = { width: 8, height: 6, channels: 3 as const, data: Uint8Array.from({ length: 144 }, (_, i) => (i * 37) % 256) }
  const config = augmentSchema.parse({
    ...{ minScale: 0.4, aspect: 1.3, flip: 0.5, rotate: 20, shear: 8, brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0.1 },
  })
  const out = new Float32Array(27)
  augment(pixels, { width: 3, height: 3 }, config, { image_mean: [0, 0, 0], image_std: [1, 1, 1] }, augmentRng(1, 2, 3), out)
  expect([...out].slice(0, 9).map((v) => Math.round(v * 1000))).toMatchInlineSnapshot(`
    [
      659,
      549,
      534,
      734,
      483,
      481,
      687,
      515,
      607,
    ]
  `)
})
