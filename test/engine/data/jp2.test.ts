/** JPEG 2000 box by box: what is read from a header. What Pillow makes of whole files is in formats.test.ts. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeJp2, jp2Deep, jp2Size } from '../../../src-main/engine/data/jp2.ts'
import { golden } from './golden.ts'

const ends = [0xff, 0xd9]
const u32 = (n: number) => [24, 16, 8, 0].map((shift) => (n >>> shift) & 255)

interface Stream {
  /** Right and lower end, left and upper end. */
  area?: readonly [number, number, number, number]
  tile?: readonly [number, number]
  /** Bits − 1, with 128 for signed; one sample a so many pixels across and down. */
  components?: readonly (readonly [number, number, number])[]
}
/** The start of a codestream, up to the end of its sizes. */
function stream({ area = [17, 13, 0, 0], tile = [17, 13], components = [[7, 1, 1]] }: Stream = {}) {
  const sizes = [...area, ...tile, 0, 0].flatMap(u32)
  return [0xff, 0x4f, 0xff, 0x51, 0, 38 + 3 * components.length, 0, 0, ...sizes, 0, components.length, ...components.flat()]
}
const box = (kind: string, content: readonly number[], length = 8 + content.length) => [...u32(length), ...Buffer.from(kind), ...content]
const longBox = (kind: string, content: readonly number[]) => [...box(kind, [...u32(0), ...u32(16 + content.length), ...content], 1)]
const signature = box('jP  ', [13, 10, 0x87, 10])
const file = (...boxes: number[][]) => Uint8Array.from([...signature, ...boxes.flat()])

describe('a header', () => {
  it('is that of a codestream alone, of which every byte is needed', () => {
    const bytes = Uint8Array.from(stream({ area: [300, 200, 10, 20] }))
    expect(jp2Size(bytes)).toEqual({ width: 290, height: 180 })
    expect(() => jp2Size(bytes.subarray(0, -1))).toThrow('components, found 1')
    expect(() => jp2Size(bytes.subarray(0, 40))).toThrow('no size')
    expect(() => jp2Size(bytes.subarray(0, 11))).toThrow('cut off')
    expect(() => jp2Size(bytes.subarray(0, 12))).toThrow('no size')
  })

  it('is looked for box by box, in what follows others of any length', () => {
    const expected = { width: 17, height: 13 }
    expect(jp2Size(file(box('jp2c', stream())))).toEqual(expected)
    expect(jp2Size(file(box('uuid', [1, 2, 3]), box('jp2h', [...box('ihdr', [0])]), box('jp2c', stream())))).toEqual(expected)
    expect(jp2Size(file(longBox('uuid', stream({ area: [9, 9, 0, 0] })), longBox('jp2c', stream())))).toEqual(expected)
    expect(jp2Size(file(box('jp2c', stream(), 0)))).toEqual(expected) // 0: to the end of the file
    expect(() => jp2Size(file(box('uuid', stream(), 0)))).toThrow('no codestream')
    expect(() => jp2Size(file(box('uuid', [1, 2])))).toThrow('no codestream')
    expect(() => jp2Size(file(box('uuid', [1, 2], 7)))).toThrow('a box of 7 bytes')
    expect(jp2Size(file(box('uuid', [], 8), box('jp2c', stream())))).toEqual(expected)
    expect(() => jp2Size(file(longBox('uuid', []).with(15, 15), box('jp2c', stream())))).toThrow('a box of 15 bytes')
    expect(() => jp2Size(file([...u32(1), ...Buffer.from('uuid'), 0, 0, 0]))).toThrow('a box of 1 bytes')
    expect(() => jp2Size(file(box('jp2c', stream().with(3, 0x52))))).toThrow('no size')
  })

  it('has one to four components of up to 16 bits, all of one resolution', () => {
    const sized = (components: Stream['components']) => jp2Size(Uint8Array.from(stream({ components })))
    for (const n of [1, 2, 3, 4]) expect(sized(Array.from({ length: n }, () => [15, 1, 1] as const)).width).toBe(17)
    for (const n of [0, 5]) expect(() => sized(Array.from({ length: n }, () => [7, 1, 1] as const))).toThrow(`found ${n}`)
    expect(() => sized([[16, 1, 1]])).toThrow('found 17')
    expect(sized([[128 + 15, 1, 1]]).height).toBe(13)
    const odd: Stream['components'] = [
      [7, 2, 1],
      [7, 1, 2],
    ]
    for (const component of odd) expect(() => sized([[7, 1, 1], component])).toThrow('different resolutions')
  })

  it('has at most 65535 tiles, of some size', () => {
    const tiled = (width: number, height: number, ...tile: [number, number]) =>
      jp2Size(Uint8Array.from(stream({ area: [width, height, 0, 0], tile })))
    expect(tiled(65_535, 1, 1, 1).width).toBe(65_535)
    expect(tiled(65_535 * 2, 8, 2, 8).width).toBe(131_070)
    expect(() => tiled(65_536, 1, 1, 1)).toThrow('more tiles')
    expect(() => tiled(65_535 * 2 + 1, 1, 2, 1)).toThrow('more tiles')
    expect(() => tiled(300, 300, 1, 1)).toThrow('more tiles')
    expect(() => tiled(1, 1, 0, 1)).toThrow('more tiles')
    expect(() => tiled(1, 1, 1, 0)).toThrow('more tiles')
  })

  it.each([
    ['grey of 9 bits', [8], true],
    ['grey of 8 bits', [7], false],
    ['grey of 8 bits with signs', [128 + 7], false],
    ['grey of 16 bits with signs', [128 + 15], true],
    ['colours of 16 bits', [15, 15, 15], false],
  ] as const)('of %s tells whether it must be reduced to bytes', (_, depths, deep) => {
    expect(jp2Deep(Uint8Array.from(stream({ components: depths.map((depth) => [depth, 1, 1] as const) })))).toBe(deep)
  })
})

describe('a picture', () => {
  const whole = (name: string) => Uint8Array.from(readFileSync(golden(`formats/${name}`)))
  const data = async (bytes: Uint8Array) => [...(await decodeJp2(bytes, 1e6)).data]
  /** Where the bytes stand in the file. */
  const find = (bytes: Uint8Array, sought: readonly number[] | string) => {
    const at = Buffer.from(bytes).indexOf(Buffer.from(sought as string))
    expect(at).toBeGreaterThan(0)
    return at
  }
  const sizes = (bytes: Uint8Array) => find(bytes, [0xff, 0x51])

  it.each(['grey.jp2', 'grey16.jp2', 'rgb.jp2', 'rgb16.jp2'])('is the same with signed samples: %s', async (name) => {
    const bytes = whole(name)
    const at = sizes(bytes)
    const count = bytes[at + 39]!
    const signed = bytes.map((byte, i) => (i >= at + 40 && i < at + 40 + 3 * count && (i - at - 40) % 3 === 0 ? byte | 128 : byte))
    expect(await data(signed)).toEqual(await data(bytes))
  })

  it('is the same anywhere on the canvas', async () => {
    const bytes = whole('rgb.jp2')
    const moved = Uint8Array.from(bytes)
    const view = new DataView(moved.buffer)
    const at = sizes(bytes)
    // The image's ends and starts, and those of its tiles. By a multiple of 2⁵: half pixels of the five levels stay where they were.
    for (const [place, by] of [
      [6, 64],
      [14, 64],
      [30, 64],
      [10, 32],
      [18, 32],
      [34, 32],
    ] as const)
      view.setUint32(at + place, view.getUint32(at + place) + by)
    expect(jp2Size(moved)).toEqual(jp2Size(bytes))
    expect(await data(moved)).toEqual(await data(bytes))
  })

  it('with a palette has its colours', async () => {
    const bytes = whole('grey.jp2')
    const grey = await data(bytes)
    const colours = Array.from({ length: 256 }, (_, i) => [255 - i, i >> 1, i ^ 85])
    const pclr = box('pclr', [1, 0, 3, 7, 7, 7, ...colours.flat()])
    const cmap = box(
      'cmap',
      [0, 1, 2].flatMap((i) => [0, 0, 1, i]),
    )
    const at = find(bytes, 'jp2h') - 4
    const length = new DataView(bytes.buffer).getUint32(at)
    const inner = bytes.slice(at + 8, at + length)
    inner.set(u32(16), find(inner, 'colr') + 7) // sRGB
    const withPalette = [...bytes.subarray(0, at), ...box('jp2h', [...inner, ...pclr, ...cmap]), ...bytes.subarray(at + length)]
    const { channels, data: found } = await decodeJp2(Uint8Array.from(withPalette), 1e6)
    expect(channels).toBe(3)
    expect([...found]).toEqual(grey.flatMap((i) => colours[i]!))
  })

  it('with alpha must be whole, since its decoder would wait for the end', async () => {
    const bytes = whole('rgba.jp2')
    expect([...bytes.subarray(-2)]).toEqual(ends)
    for (const [at, byte] of [
      [-1, 0xd8],
      [-2, 0xfe],
    ] as const)
      await expect(decodeJp2(bytes.with(bytes.length + at, byte), 1e6)).rejects.toThrow('its end is cut off')
  })

  it('in CMYK is refused, by the first colour space that is named by its number', async () => {
    const bytes = whole('rgba.jp2')
    const at = find(bytes, 'colr') + 4
    expect([...bytes.subarray(at, at + 7)]).toEqual([1, 0, 0, ...u32(16)])
    const cmyk = bytes.with(at + 6, 12)
    await expect(decodeJp2(cmyk, 1e6)).rejects.toThrow('CMYK')
    // By a profile (2), it is not known which it is.
    expect(await data(cmyk.with(at, 2))).toEqual(await data(bytes))
    const alone = (...spaces: number[]) =>
      decodeJp2(
        file(
          ...spaces.map((space) => box('colr', [1, 0, 0, ...u32(space)])),
          box('jp2c', [...stream({ components: Array.from({ length: 4 }, () => [7, 1, 1] as const) }), ...ends]),
        ),
        1e6,
      )
    await expect(alone(12, 16)).rejects.toThrow('CMYK')
    await expect(alone(16, 12)).rejects.not.toThrow('CMYK')
  })

  it('larger than the limit, or of no size, is refused before it is decoded', async () => {
    await expect(decodeJp2(whole('rgb.jp2'), 17 * 13 - 1)).rejects.toThrow('17 × 13 pixels, the limit is 220')
    expect((await decodeJp2(whole('rgb.jp2'), 17 * 13)).width).toBe(17)
    await expect(decodeJp2(Uint8Array.from(stream({ area: [5, 5, 5, 0] })), 100)).rejects.toThrow('found 0 × 5')
  })
})
