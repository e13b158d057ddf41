/** Pictures as they are shown to people: which are converted, what is told of them, and how deep samples look. */
import fs from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import sharp, { type Sharp } from 'sharp'
import { describe, expect, test, vi } from 'vitest'
import { needsConversion, openPicture, pictureFacts } from '../../../src-main/engine/data/picture.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'
import { golden } from './golden.ts'

const folder = temporaryFolder()
let made = 0
const place = (name: string) => join(folder, `${made++}-${name}`)
const file = (name: string) => golden(`formats/${name}`)
const shown = async (picture: Sharp) => {
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true })
  return { ...info, first: [...data.filter((_, i) => i % info.channels === 0)] }
}
/** Grey samples of more than a byte, from 1000 on. */
const deep = (width: number, height: number) =>
  sharp(
    Uint16Array.from({ length: width * height }, (_, i) => 1000 + i),
    { raw: { width, height, channels: 1 } },
  ).toColourspace('grey16')

/** A PNG with a word of EXIF: to be turned to the right. */
function turned(png: Buffer): Buffer {
  const exif = Buffer.from('eXIfII*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0', 'latin1')
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(exif.length - 4)
  check.writeUInt32BE(crc32(exif))
  return Buffer.concat([png.subarray(0, 33), length, exif, check, png.subarray(33)]) // behind its header
}

describe('what is told of a picture', () => {
  test.each([
    ['rgb24.bmp', false],
    ['grey8.bmp', false],
    ['rgb.jp2', false],
    ['rgb16.jp2', false],
    ['grey.jp2', false],
    ['grey16.jp2', true],
    ['grey12.j2k', true],
    ['grey16.png', true],
    ['grey16.tif', true],
    ['grey32.tif', true],
    ['float32.tif', true],
    ['grey.webp', false],
    ['one-bit.gif', false],
    ['rgba16.png', false],
    ['cmyk.tif', false],
  ])('%s', async (name, isDeep) => {
    expect(await pictureFacts(file(name))).toEqual({ width: 17, height: 13, orientation: 1, deep: isDeep })
  })

  test('whether a browser needs another: where it has no decoder, or shows black', async () => {
    const needed = await Promise.all(
      ['rgb24.bmp', 'rgb.jp2', 'rgb.j2k', 'grey16.png', 'rgba16.png', 'grey.webp', 'grey16.tif'].map((n) => needsConversion(file(n))),
    )
    expect(needed).toEqual([true, true, true, true, false, false, false])
    const text = place('x.png')
    fs.writeFileSync(text, 'no picture')
    expect(await needsConversion(text)).toBe(false)
  })

  test('of a header that is not at the beginning, within the first megabyte', async () => {
    const whole = fs.readFileSync(file('rgb.jp2'))
    const padded = (bytes: number) => {
      const into = place('padded.jp2')
      const free = Buffer.alloc(bytes)
      free.writeUInt32BE(bytes)
      free.write('free', 4)
      fs.writeFileSync(into, Buffer.concat([whole.subarray(0, 12), free, whole.subarray(12)]))
      return into
    }
    expect(await pictureFacts(padded(1_000_000))).toMatchObject({ width: 17, height: 13 })
    await expect(pictureFacts(padded(1_050_000))).rejects.toThrow('no codestream')
  })
})

describe('a picture that is opened', () => {
  test.each(['rgb24.bmp', 'rgb.jp2'])('%s is what its format says', async (name) => {
    const { width, height, first } = await shown(await openPicture(file(name)))
    expect([width, height]).toEqual([17, 13])
    expect(first).toEqual((await shown(sharp(file('rgb24.bmp')).pipelineColourspace('srgb')).catch(() => undefined))?.first ?? first)
    expect(new Set(first).size).toBeGreaterThan(50)
  })

  test.each(['grey16.png', 'grey16.tif', 'grey16.jp2', 'grey32.tif', 'float32.tif'])(
    '%s is stretched between its percentiles',
    async (name) => {
      // 40·x + y: the corners are the least and the largest.
      const { first, width } = await shown(await openPicture(file(name)))
      expect([first[0], first[12 * width + 16]]).toEqual([0, 255])
      expect(Math.abs(first[6 * width + 8]! - 128)).toBeLessThan(3)
      expect(first[6 * width]!).toBeLessThan(10)
    },
  )

  test('is upright where its samples are stretched, and turned by the caller otherwise', async () => {
    const [png, jpeg] = [place('turned.png'), place('turned.jpg')]
    fs.writeFileSync(png, turned(await deep(101, 2).png().toBuffer()))
    expect(await shown(await openPicture(png))).toMatchObject({ width: 2, height: 101 })
    await sharp({ create: { width: 3, height: 2, channels: 3, background: 'red' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toFile(jpeg)
    expect(await shown(await openPicture(jpeg))).toMatchObject({ width: 3, height: 2 })
    expect(await shown((await openPicture(jpeg)).autoOrient())).toMatchObject({ width: 2, height: 3 })
  })

  test('with alpha, or colours, keeps its samples', async () => {
    expect((await shown(await openPicture(file('grey-alpha16.png')))).first[0]).toBe(
      (await shown(sharp(file('grey-alpha16.png')))).first[0],
    )
    const png = place('grey8.png')
    await sharp(Uint8Array.from([100, 110, 120]), { raw: { width: 3, height: 1, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toFile(png)
    expect((await shown(await openPicture(png))).first).toEqual([100, 110, 120])
  })

  test('takes the options of libvips, such as a page', async () => {
    const [first, second] = [
      await shown(await openPicture(file('pages.tif'))),
      await shown(await openPicture(file('pages.tif'), { page: 1 })),
    ]
    expect(first.first).not.toEqual(second.first)
  })

  test('that is damaged or stopped is named, without its stack', async () => {
    const cut = place('cut.bmp')
    fs.writeFileSync(cut, fs.readFileSync(file('rgb24.bmp')).subarray(0, 100))
    await expect(openPicture(cut, {}, undefined, 'mine.bmp')).rejects.toMatchObject({ name: 'DashiError', fault: 'data' })
    await expect(openPicture(cut, {}, undefined, 'mine.bmp')).rejects.toThrow(/^mine\.bmp: truncated or damaged BMP \(/)
    await expect(pictureFacts(place('nowhere.png'))).rejects.toThrow('ENOENT')
  })
})

test.skipIf(process.platform !== 'linux')('no file stays open', async () => {
  const open = () =>
    fs.readdirSync('/proc/self/fd').map((fd) => {
      try {
        return fs.readlinkSync(`/proc/self/fd/${fd}`)
      } catch {
        return ''
      }
    })
  const damaged = place('empty.png')
  fs.writeFileSync(damaged, '')
  for (const name of [file('rgb24.bmp'), file('grey16.png'), damaged]) await openPicture(name).catch(() => undefined)
  await vi.waitFor(() => expect(open().filter((name) => name.includes('rgb24.bmp') || name === damaged)).toEqual([]))
})
