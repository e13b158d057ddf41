/** Bitmaps written byte by byte: which bytes of a header count, and where pixels are. What Pillow makes of whole files is in formats.test.ts. */
import { describe, expect, it } from 'vitest'
import { bmpSize, decodeBmp } from '../../../src-main/engine/data/bmp.ts'

interface Parts {
  /** Size of the second header: 12 is that of OS/2, 40 the usual one, 108 and 124 have masks and colour spaces. */
  info?: number
  width: number
  height: number
  bits: number
  compression?: number
  /** How many colours of the palette are said to be used. */
  used?: number
  masks?: readonly number[]
  /** Between the headers and the pixels. */
  palette?: readonly number[]
  pixels?: readonly number[]
  /** Where the header says that pixels begin. */
  offset?: number
}

function bitmap({ info = 40, width, height, bits, compression = 0, used = 0, masks = [], palette = [], pixels = [], offset }: Parts) {
  const behind = 14 + info + (info === 40 ? 4 * masks.length : 0)
  const bytes = Buffer.alloc(behind + palette.length + pixels.length)
  bytes.write('BM')
  bytes.writeUInt32LE(offset ?? behind + palette.length, 10)
  bytes.writeUInt32LE(info, 14)
  if (info === 12) {
    bytes.writeUInt16LE(width, 18)
    bytes.writeUInt16LE(height, 20)
    bytes.writeUInt16LE(bits, 24)
  } else {
    bytes.writeInt32LE(width, 18)
    bytes.writeInt32LE(height, 22)
    bytes.writeUInt16LE(bits, 28)
  }
  if (info >= 40) {
    bytes.writeUInt32LE(compression, 30)
    bytes.writeUInt32LE(used, 46)
  }
  masks.forEach((mask, i) => bytes.writeUInt32LE(mask >>> 0, 54 + 4 * i))
  bytes.set(palette, behind)
  bytes.set(pixels, behind + palette.length)
  return bytes
}
const decoded = (parts: Parts) => decodeBmp(bitmap(parts), 1e6)
/** The pixels of a picture with a palette of greys: its indices. */
const indices = (parts: Parts) => [...decoded({ palette: greys, ...parts }).data].filter((_, i) => i % 3 === 0)
/** Colour `i` is the grey `i`. */
const greys = Array.from({ length: 256 }, (_, i) => [i, i, i, 0]).flat()

describe('the header', () => {
  it('may be all there is of the file, and not a byte less', () => {
    const core = bitmap({ info: 12, width: 3, height: 2, bits: 24 })
    expect(core).toHaveLength(26)
    expect(bmpSize(core)).toEqual({ width: 3, height: 2 })
    expect(() => bmpSize(core.subarray(0, 25))).toThrow('header is cut off')
    const usual = bitmap({ width: 70_000, height: -2, bits: 24 })
    expect(bmpSize(usual)).toEqual({ width: 70_000, height: 2 })
    expect(() => bmpSize(usual.subarray(0, 53))).toThrow('header is cut off')
  })

  it('is before the pixels, which begin within the file', () => {
    const one = { width: 1, height: 1, bits: 24, pixels: [1, 2, 3] }
    expect([...decoded({ ...one, palette: [9, 9], offset: 56 }).data]).toEqual([3, 2, 1])
    expect(() => decoded({ ...one, offset: 53 })).toThrow('begin at 53')
    expect(() => decoded({ ...one, offset: 58 })).toThrow('begin at 58')
    expect(() => decoded({ ...one, offset: 57 })).toThrow('bytes of pixels') // at the end of the file, so there are none
    // Masks stand between a header of 40 bytes and the pixels, and within a longer one.
    const masks = [0xff0000, 0xff00, 0xff]
    expect(() => decoded({ ...one, bits: 32, compression: 3, masks, offset: 65 })).toThrow('begin at 65')
    expect(() => decoded({ ...one, bits: 32, compression: 6, masks: [...masks, 0], offset: 69 })).toThrow('begin at 69')
    expect(() => decoded({ ...one, info: 56, bits: 32, compression: 3, masks: [...masks, 0], offset: 69 })).toThrow('begin at 69')
    expect([...decoded({ info: 56, width: 1, height: 1, bits: 32, compression: 3, masks, pixels: [1, 2, 3, 4] }).data]).toEqual([3, 2, 1])
  })

  it.each([
    [0, [1, 4, 8, 16, 24, 32]],
    [1, [8]],
    [2, [4]],
    [3, [16, 32]],
    [4, []],
    [6, [16, 32]],
  ])('with compression %i has bits %j', (compression, known) => {
    for (const bits of [0, 1, 2, 4, 8, 16, 24, 32, 64]) {
      const bytes = bitmap({ width: 2, height: 5, bits, compression, masks: [1, 2, 4, 8] })
      if (known.includes(bits)) expect(bmpSize(bytes)).toEqual({ width: 2, height: 5 })
      else expect(() => bmpSize(bytes)).toThrow(`found ${bits} and ${compression}`)
    }
  })

  it('of 16 bytes has neither a compression nor a number of colours: its palette stands there', () => {
    const palette = [...greys]
    palette[0] = 3 // would be a compression
    palette[16] = 1 // would be the number of colours
    expect([...decoded({ info: 16, width: 4, height: 1, bits: 8, palette, pixels: [0, 4, 5, 255] }).data]).toEqual([
      ...[0, 0, 3, 4, 4, 1],
      ...[5, 5, 5, 255, 255, 255],
    ])
  })

  it('of OS/2 has three bytes a colour, and no signs', () => {
    const { data, ...size } = decoded({
      info: 12,
      width: 2,
      height: 1,
      bits: 1,
      palette: [1, 2, 3, 4, 5, 6],
      pixels: [0b01000000, 0, 0, 0],
    })
    expect([size, [...data]]).toEqual([{ width: 2, height: 1, channels: 3 }, [3, 2, 1, 6, 5, 4]])
    expect(bmpSize(bitmap({ info: 12, width: 40_000, height: 50_000, bits: 1 }))).toEqual({ width: 40_000, height: 50_000 })
  })
})

describe('a palette', () => {
  const pixels = [0, 1, 2, 3]
  it('has as many colours as are said; an index without one is black', () => {
    expect(indices({ width: 4, height: 1, bits: 8, pixels: [1, 2, 3, 255] })).toEqual([1, 2, 3, 255])
    expect(indices({ width: 4, height: 1, bits: 8, used: 3, pixels })).toEqual([0, 1, 2, 0])
  })
  it('ends where the pixels begin, whatever is said', () => {
    expect(indices({ width: 4, height: 1, bits: 8, used: 9999, palette: greys.slice(0, 8), pixels: [1, 2, 3, 1] })).toEqual([1, 0, 0, 1])
  })
  it.each([
    [1, [0b10110010, 0b10000000, 0, 0], [1, 0, 1, 1, 0, 0, 1, 0, 1]],
    [4, [0x12, 0x34, 0x56, 0x78, 0x90, 0, 0, 0], [1, 2, 3, 4, 5, 6, 7, 8, 9]],
    [8, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0], [9, 8, 7, 6, 5, 4, 3, 2, 1]],
  ])('of %i bits fills bytes from the left', (bits, row, expected) => {
    expect(indices({ width: 9, height: 1, bits, pixels: row })).toEqual(expected)
  })
})

describe('rows', () => {
  // Of one pixel and three bytes, padded to four.
  const column = { width: 1, height: 2, bits: 24, pixels: [1, 2, 3, 0, 4, 5, 6, 0] }
  it('stand upside down, except for a negative height', () => {
    expect([...decoded(column).data]).toEqual([6, 5, 4, 3, 2, 1])
    expect([...decoded({ ...column, height: -2 }).data]).toEqual([3, 2, 1, 6, 5, 4])
    expect(indices({ width: 2, height: 2, bits: 8, pixels: [1, 2, 0, 0, 3, 4, 0, 0] })).toEqual([3, 4, 1, 2])
    expect(indices({ width: 2, height: -2, bits: 8, pixels: [1, 2, 0, 0, 3, 4, 0, 0] })).toEqual([1, 2, 3, 4])
  })
  it('may lack the padding of the last, and nothing else', () => {
    expect([...decoded({ ...column, pixels: column.pixels.slice(0, 7) }).data]).toEqual([6, 5, 4, 3, 2, 1])
    expect(() => decoded({ ...column, pixels: column.pixels.slice(0, 6) })).toThrow('expected 8 bytes of pixels, found 6')
    expect(indices({ width: 9, height: 1, bits: 1, pixels: [255, 128] })).toEqual(Array.from({ length: 9 }, () => 1))
    expect(() => decoded({ width: 9, height: 1, bits: 1, pixels: [255] })).toThrow('found 1')
  })
})

describe('colours without a palette', () => {
  const pixel = (more: Partial<Parts>) => {
    const { channels, data } = decoded({ width: 1, height: 1, bits: 32, ...more })
    expect(data).toHaveLength(channels)
    return [...data]
  }
  it('of 16 bits are 5, 5 and 5 bits of red, green and blue, scaled and cut off as in Pillow', () => {
    for (const [value, rgb] of [
      [0x7fff, [255, 255, 255]],
      [0x7c00, [255, 0, 0]],
      [0x03e0, [0, 255, 0]],
      [0x801f, [0, 0, 255]],
      [0x4210, [131, 131, 131]], // 16 · 255 / 31 = 131.6
    ] as const)
      expect(pixel({ bits: 16, pixels: [value & 255, value >> 8] })).toEqual(rgb)
  })
  it('of 24 and 32 bits are bytes of blue, green and red; the fourth is no alpha', () => {
    expect(pixel({ bits: 24, pixels: [10, 20, 30] })).toEqual([30, 20, 10])
    expect(pixel({ pixels: [10, 20, 30, 40] })).toEqual([30, 20, 10])
  })
  it('are where masks say, in the highest bits too; a mask of 0 gives 0', () => {
    expect(pixel({ compression: 3, masks: [0xff000000, 0xff0000, 0xff00], pixels: [1, 2, 3, 4] })).toEqual([4, 3, 2])
    expect(pixel({ compression: 3, masks: [0xf, 0, 0xff00], pixels: [3, 2, 255, 255] })).toEqual([51, 0, 2])
    expect(pixel({ bits: 16, compression: 3, masks: [0xf800, 0x07e0, 0x001f], pixels: [0xff, 0xf8] })).toEqual([255, 28, 255])
  })
  it('have alpha where a mask says so, of which a header of 40 bytes has none unless the compression is that', () => {
    const masks = [0xff0000, 0xff00, 0xff, 0xff000000]
    expect(pixel({ compression: 6, masks, pixels: [1, 2, 3, 4] })).toEqual([3, 2, 1, 4])
    expect(pixel({ compression: 6, masks: [...masks.slice(0, 3), 0], pixels: [1, 2, 3, 4] })).toEqual([3, 2, 1])
    expect(pixel({ info: 56, compression: 3, masks, pixels: [1, 2, 3, 4] })).toEqual([3, 2, 1, 4])
    // The pixels stand where the fourth mask would.
    expect(pixel({ compression: 3, masks: masks.slice(0, 3), pixels: [1, 2, 3, 255] })).toEqual([3, 2, 1])
    expect(pixel({ info: 52, compression: 3, masks: masks.slice(0, 3), pixels: [1, 2, 3, 255] })).toEqual([3, 2, 1])
    // Masks that no compression asks for are not looked at.
    expect(pixel({ info: 124, compression: 0, masks: [0xff, 0xff00, 0xff0000, 0xff000000], pixels: [1, 2, 3, 4] })).toEqual([3, 2, 1])
  })
  it('follow each other', () => {
    const { data } = decoded({
      width: 2,
      height: 1,
      bits: 32,
      compression: 6,
      masks: [0xff, 0xff00, 0xff0000, 0xff000000],
      pixels: [1, 2, 3, 4, 5, 6, 7, 8],
    })
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })
})

describe('runs', () => {
  const eight = (width: number, height: number, pixels: number[]) => indices({ width, height, bits: 8, compression: 1, pixels })
  const four = (width: number, height: number, pixels: number[]) => indices({ width, height, bits: 4, compression: 2, pixels })
  const end = [0, 1]

  it('repeat a byte, or two halves of one in turn', () => {
    expect(eight(3, 1, [2, 7, 1, 9, ...end])).toEqual([7, 7, 9])
    expect(four(5, 1, [3, 0x12, 2, 0x34, ...end])).toEqual([1, 2, 1, 3, 4])
  })
  it('or list bytes, of an even number, or their halves', () => {
    expect(eight(5, 1, [0, 3, 7, 8, 9, 0, 2, 5, ...end])).toEqual([7, 8, 9, 5, 5])
    expect(eight(6, 1, [0, 4, 6, 7, 8, 9, 2, 5, ...end])).toEqual([6, 7, 8, 9, 5, 5])
    expect(four(7, 1, [0, 5, 0x12, 0x34, 0x50, 0, 2, 0x67, ...end])).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(four(5, 1, [0, 3, 0x12, 0x30, 2, 0x67, ...end])).toEqual([1, 2, 3, 6, 7])
  })
  it('end a line, from below upwards', () => {
    expect(eight(2, 2, [1, 5, 0, 0, 2, 6, 0, 0])).toEqual([6, 6, 5, 0])
    expect(indices({ width: 2, height: -2, bits: 8, compression: 1, pixels: [1, 5, 0, 0, 2, 6, ...end] })).toEqual([5, 0, 6, 6])
  })
  it('jump to the right and on; what they leave out has the first colour', () => {
    expect(eight(4, 3, [1, 1, 0, 2, 2, 1, 1, 2, 0, 0, 1, 3, ...end])).toEqual([3, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0])
  })
  it('end with the picture, with or without a word, and what is outside is dropped', () => {
    expect(eight(2, 1, [5, 7, 0, 0])).toEqual([7, 7])
    expect(eight(2, 2, [2, 5, 0, 0, 4, 6, ...end])).toEqual([6, 6, 5, 5]) // nor does it come back on the next line
    expect(eight(2, 1, [1, 5, 0, 2, 0, 1])).toEqual([5, 0]) // a jump out of the picture is the last word
    expect(eight(2, 2, [1, 7, ...end, 2, 9, 0, 0])).toEqual([0, 0, 7, 0]) // nothing counts behind the end
    expect(eight(2, 1, [0, 2, 0, 1, 1, 9, 9, 9])).toEqual([0, 0])
  })
  it.each([
    ['nothing', []],
    ['a run', [2]],
    ['the jump', [0, 2, 1]],
    ['the list', [0, 3, 1, 2]],
    ['what follows', [2, 7]],
  ])('that are cut off in %s are refused', (_, pixels) => {
    expect(() => decoded({ width: 2, height: 1, bits: 8, compression: 1, pixels: pixels.length ? pixels : [1] })).toThrow('cut off')
  })
  it('need a byte for 4096 pixels', () => {
    expect(decoded({ width: 2048, height: 4, bits: 8, compression: 1, pixels: end }).data).toHaveLength(2048 * 4 * 3)
    expect(() => decoded({ width: 2048, height: 5, bits: 8, compression: 1, pixels: end })).toThrow("2 bytes can't hold 2048 × 5 pixels")
  })
})
