import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { bmpSize } from '../../../src-main/engine/data/bmp.ts'
import { decodeImage } from '../../../src-main/engine/data/decode.ts'
import { formatOf, isForeign, notAnImage } from '../../../src-main/engine/data/formats.ts'
import { golden, goldenJson, sha256 } from './golden.ts'

type Decoded = [width: number, height: number, rgb: string, white: string, rgba: string]
type Close = [width: number, height: number, rgb: string, tolerance: number]
const formats = goldenJson<Record<string, Decoded | Close | null>>('formats.json')
const named = Object.entries(formats)
const file = (name: string) => golden(`formats/${name}`)
const lab = 'lab.tif'

describe('decodeImage gives the bytes that Pillow gives', () => {
  it.each(named.filter(([name, e]) => e?.length === 5 && name !== lab).map(([name]) => name))('%s', async (name) => {
    const [width, height, rgb, white, rgba] = formats[name] as Decoded
    const dropped = await decodeImage(file(name))
    expect(dropped).toMatchObject({ width, height, channels: 3 })
    expect(sha256(dropped.data)).toBe(rgb)
    expect(sha256((await decodeImage(file(name), name, { alpha: 'white' })).data)).toBe(white)
    const kept = await decodeImage(readFileSync(file(name)), name, { alpha: 'keep' })
    expect(kept).toMatchObject({ width, height, channels: 4 })
    expect(sha256(kept.data)).toBe(rgba)
  })

  it.each(named.filter(([, e]) => e?.length === 4).map(([name]) => name))('%s, within a few levels', async (name) => {
    const [width, height, rgb, tolerance] = formats[name] as Close
    const expected = Buffer.from(rgb, 'base64')
    const { data, ...rest } = await decodeImage(file(name))
    expect(rest).toMatchObject({ width, height })
    expect(Math.max(...data.map((v, i) => Math.abs(v - expected[i]!)))).toBeLessThanOrEqual(tolerance)
  })
})

describe('what Pillow does not take', () => {
  it('bitmaps with masks of any place', async () => {
    expect((await decodeImage(file('xbgr32-fields.bmp'))).data).toEqual((await decodeImage(file('rgb24.bmp'))).data)
  })
  it('runs that jump: what is left out has the first colour', async () => {
    const { width, height, data } = await decodeImage(file('rle8-delta.bmp'))
    const at = (x: number, y: number) => [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)].join()
    const row = (y: number) => Array.from({ length: width }, (_, x) => at(x, height - 1 - y))
    expect(new Set(row(1)).size).toBe(1)
    expect(row(1)[0]).toBe(row(12)[0])
    expect(new Set(row(0).slice(0, 9)).size).toBe(1)
    expect(row(0)[0]).not.toBe(row(1)[0])
  })
  it('Lab is refused in one line', async () => {
    await expect(decodeImage(file(lab))).rejects.toThrow(/^[^\n]*lab\.tif: a TIFF in Lab colours[^\n]*$/)
  })
  it('HEIC says what to do', async () => {
    for (const start of ['\0\0\0\x18ftypheic\0\0\0\0mif1heic', '\0\0\0\x1cftypmif1\0\0\0\0mif1heicmiaf'])
      await expect(decodeImage(Buffer.from(start), 'phone.jpg')).rejects.toThrow(/^phone\.jpg: HEIC, [^\n]*JPEG/)
  })
})

describe('samples deeper than a byte', () => {
  const levels = Uint16Array.from({ length: 400 }, (_, i) => 1000 + i * 10)
  const png = sharp(levels, { raw: { width: 20, height: 20, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer()
  const first = async (deep: 'clip' | 'range' | 'percentiles', bytes: Uint8Array) =>
    [...(await decodeImage(bytes, 'deep', { deep })).data].filter((_, i) => i % 3 === 0)

  it('are clipped as in Pillow, scaled by their whole range, or stretched between percentiles', async () => {
    expect(await first('clip', await png)).toEqual(Array.from({ length: 400 }, () => 255))
    expect(await first('range', await png)).toEqual([...levels].map((v) => Math.round(v / 257)))
    const stretched = await first('percentiles', await png)
    expect([stretched[0], stretched[4], stretched[200], stretched[395], stretched[399]]).toEqual([0, 0, 128, 255, 255])
  })
  it('of a float image reach from its least number to its largest', async () => {
    const range = await first('range', readFileSync(file('float32.tif')))
    expect([Math.min(...range), Math.max(...range)]).toEqual([0, 255])
  })
  it('of a JPEG 2000 alike', async () => {
    const bytes = readFileSync(file('grey16.jp2'))
    expect(Math.max(...(await first('range', bytes)))).toBe(Math.round(652 / 257))
    expect(Math.max(...(await first('percentiles', bytes)))).toBe(255)
  })
})

describe('damaged or inconsistent files are refused in one line, before memory is allocated', () => {
  const bmp = readFileSync(golden('formats/rgb24.bmp'))
  const claiming = (width: number, height: number, of = bmp) => {
    const lie = Buffer.from(of)
    lie.writeInt32LE(width, 18)
    lie.writeInt32LE(height, 22)
    return lie
  }
  it('sizes that no file of this length has', async () => {
    await expect(decodeImage(claiming(0x7fffffff, 0x7fffffff), 'lie')).rejects.toThrow(/^lie: 2147483647 × 2147483647 pixels, the limit is/)
    await expect(decodeImage(claiming(16000, 16000), 'lie')).rejects.toThrow(
      /^lie: truncated or damaged BMP \(expected 768000000 bytes of pixels, found \d+\)$/,
    )
    await expect(decodeImage(claiming(16000, 16000, readFileSync(golden('formats/rle8.bmp'))), 'lie')).rejects.toThrow(
      /can't hold 16000 × 16000 pixels/,
    )
    await expect(decodeImage(claiming(0, 5), 'lie')).rejects.toThrow(/^lie: truncated or damaged BMP \(expected a width/)
    const jp2 = Buffer.from(readFileSync(golden('formats/rgb.j2k')))
    jp2.writeUInt32BE(0x7fffffff, 8)
    jp2.writeUInt32BE(0x7fffffff, 12)
    await expect(decodeImage(jp2, 'lie')).rejects.toThrow(/^lie: [^\n]+$/)
  })
  it.each(['rgb24.bmp', 'palette8.bmp', 'palette4.bmp', 'rgb565.bmp', 'rgba32-v5.bmp', 'rle8.bmp', 'rle4.bmp', 'rgb.jp2', 'rgb.j2k'])(
    'any truncation of %s',
    async (name) => {
      const whole = readFileSync(golden(`formats/${name}`))
      for (const part of [0.03, 0.3, 0.6, 0.9]) {
        const said = await decodeImage(whole.subarray(0, Math.ceil(whole.length * part)), 'cut').then(
          () => 'decoded',
          (e: unknown) => (e as Error).message,
        )
        expect(said).toMatch(/^cut: [^\n]*(damaged|not an image)[^\n]*$/)
      }
    },
  )
  it('or it decodes, whatever a byte is changed to', async () => {
    // Those with alpha have a decoder that needs the end of its thread: foreign-thread.test.ts.
    const whole = named.flatMap(([name]) => (/(?<!alpha|rgba)\.(bmp|jp2|j2k)$/.test(name) ? [readFileSync(file(name))] : []))
    const unit = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...whole),
        fc.array(fc.tuple(unit, fc.nat(255)), { minLength: 1, maxLength: 8 }),
        async (bytes, changes) => {
          const changed = Uint8Array.from(bytes)
          for (const [where, value] of changes) changed[Math.floor(where * changed.length)] = value
          const result = await decodeImage(changed, 'changed', { pixelLimit: 1e6 }).catch((e: unknown) => e as Error)
          if (result instanceof Error) expect(result.message).toMatch(/^changed: [^\n]+$/)
          else expect(result.data.length).toBe(result.width * result.height * 3)
        },
      ),
      { numRuns: 120 },
    )
  })
  it('a text that begins like a bitmap is none', async () => {
    await expect(decodeImage(Buffer.from('BMW is a maker of cars, and this is a text.'), 'notes')).rejects.toThrow('notes: not an image')
    expect(bmpSize(bmp)).toEqual({ width: 17, height: 13 })
  })
})

describe('the format is that of the first bytes', () => {
  const of = (start: string) => formatOf(Buffer.from(start, 'latin1'))
  /** The container of AVIF and HEIC: its major brand, a version, and the others. */
  const container = (...brands: string[]) => `\0\0\0\x20ftyp${brands[0]}\0\0\0\0${brands.slice(1).join('')}`

  it.each([
    ['JPEG', ['\xff\xd8\xff\xe0']],
    ['PNG', ['\x89PNG\r\n\x1a\n']],
    ['WebP', ['RIFF\x01\x02\x03\x04WEBP']],
    ['GIF', ['GIF87a', 'GIF89a']],
    ['TIFF', ['II*\0', 'MM\0*', 'II+\0', 'MM\0+']],
    ['AVIF', [container('avif'), container('avis'), container('mif1', 'avif', 'miaf'), container('mif1', 'heic', 'miaf', 'avif')]],
    ['BMP', [12, 16, 40, 52, 56, 64, 108, 124].map((size) => `BM${'\0'.repeat(12)}${String.fromCharCode(size)}`)],
    ['JPEG 2000', ['\0\0\0\fjP  \r\n\x87\n', '\0\0\0\fjP\x1a\x1a\r\n\x87\n', '\xffO\xffQ']],
  ])('%s', (format, starts) => {
    for (const start of starts) {
      expect(of(start)).toBe(format)
      expect(of(start.slice(0, 2))).toBeUndefined() // a beginning that is cut off
      expect(isForeign(of(start))).toBe(format === 'BMP' || format === 'JPEG 2000')
    }
  })
  it('and none of what only resembles them', () => {
    for (const start of ['', 'BM', `BM${'\0'.repeat(12)}\x29`, 'RIFF\0\0\0\0WAVE', 'GIF88a', container('mp42'), '\xff\xd8\xfe'])
      expect(of(start)).toBeUndefined()
  })
  it.each(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx'])('a picture coded as %s is HEIC, which is none', (brand) => {
    for (const start of [
      container(brand),
      container(brand, 'mif1', 'avif'),
      container('mif1', brand),
      container('mif1', 'miaf', 'MiHB', brand),
    ]) {
      expect(of(start)).toBeUndefined()
      expect(notAnImage(Buffer.from(start, 'latin1'))).toMatchObject({ code: 'image.heic' })
    }
    for (const other of [container('avif', brand), container('mif1', brand, 'avif'), `${'\0'.repeat(8)}${brand}`])
      expect(notAnImage(Buffer.from(other, 'latin1'))).toMatchObject({
        code: 'image.unrecognised',
        params: { formats: expect.stringMatching(/^JPEG, PNG/) as string },
      })
  })
})
