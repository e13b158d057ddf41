/** Deep samples as bytes, and deep pictures as people are shown them. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { describe, expect, test } from 'vitest'
import { toBytes } from '../../../src-main/engine/data/deep.ts'
import { needsConversion, openPicture, pictureFacts } from '../../../src-main/engine/data/picture.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

const bytes = (samples: number[], ...how: [Parameters<typeof toBytes>[1], Parameters<typeof toBytes>[2]?]) => [
  ...toBytes(Float32Array.from(samples), ...how),
]

describe('samples', () => {
  test('are cut off at black and white', () => {
    expect(bytes([-3, 0, 0.9, 1.5, 254.9, 255, 300, NaN, Infinity, -Infinity], 'clip')).toEqual([0, 0, 0, 1, 254, 255, 255, 0, 255, 0])
  })
  test('are stretched over the range of their type, rounded', () => {
    expect(bytes([0, 128, 129, 65535, 32768], 'range', [0, 65535])).toEqual([0, 0, 1, 255, 128])
  })
  test('or from their least to their largest', () => {
    expect(bytes([-1, 0, 1, NaN, Infinity, -Infinity], 'range')).toEqual([0, 128, 255, 0, 255, 0])
    expect(bytes([7, 7], 'range')).toEqual([0, 0])
    expect(bytes([NaN, Infinity], 'range')).toEqual([0, 0]) // nothing to stretch between
  })
  test('or between the hundredth at either end', () => {
    const ramp = Array.from({ length: 101 }, (_, i) => i)
    const stretched = bytes(ramp, 'percentiles')
    expect([stretched[0], stretched[1], stretched[50], stretched[98], stretched[99], stretched[100]]).toEqual([0, 0, 128, 252, 255, 255])
    expect(bytes([...ramp, NaN, Infinity], 'percentiles').slice(0, 101)).toEqual(stretched)
    expect(bytes([NaN, NaN], 'percentiles')).toEqual([0, 0])
  })
})

describe('the samples between which is stretched', () => {
  test('are a million at most, spread evenly', () => {
    // Every second is looked at, from the first on; the others are far away.
    const n = 2 ** 20 + 2
    const samples = Float32Array.from({ length: n }, (_, i) => (i % 2 ? -1e6 : i / n))
    const stretched = toBytes(samples, 'percentiles')
    expect([stretched[0], stretched[n - 2], stretched[1]]).toEqual([0, 255, 0])
    expect(stretched[n / 2 - 1]).toBe(128)
    // One less, and all are looked at.
    expect(toBytes(samples.subarray(0, 2 ** 20), 'percentiles')[n / 2 - 1]).toBe(255)
  })
  test('are numbers in their order, not in that of their texts', () => {
    expect(bytes([9, 10, 100, 1000, 20], 'percentiles')).toEqual([0, 0, 23, 255, 3])
    expect(bytes([-Infinity, 5, 5, Infinity], 'percentiles')).toEqual([0, 0, 0, 0])
  })
  test('of 16 bits reach as far as there are any', () => {
    expect([...toBytes(Uint16Array.of(300, 350, 500), 'range')]).toEqual([0, 64, 255])
    expect([...toBytes(Uint16Array.of(0, 254, 255, 256), 'clip')]).toEqual([0, 254, 255, 255])
    expect(toBytes(new Float32Array(0), 'percentiles')).toHaveLength(0)
  })
})

describe('a picture', () => {
  const folder = temporaryFolder
  const grey16 = async (file: string, more: (s: Sharp) => Sharp = (s) => s) => {
    const ramp = Uint16Array.from({ length: 101 }, (_, i) => 1000 + i)
    await more(sharp(ramp, { raw: { width: 101, height: 1, channels: 1 } }).toColourspace('grey16'))
      .png()
      .toFile(file)
    return file
  }
  const rgb = (file: string) =>
    sharp({ create: { width: 3, height: 2, channels: 3, background: '#804020' } })
      .png()
      .toFile(file)
      .then(() => file)

  test('of deep grey is converted for a browser and shown between its percentiles', async () => {
    const file = await grey16(join(folder(), 'x.png'))
    expect([await needsConversion(file), (await pictureFacts(file)).deep]).toEqual([true, true])
    const shown = await (await openPicture(file)).extractChannel(0).raw().toBuffer()
    expect([shown[0], shown[50], shown[100]]).toEqual([0, 128, 255])
  })
  test('of colours is neither', async () => {
    const file = await rgb(join(folder(), 'x.png'))
    expect([await needsConversion(file), await pictureFacts(file)]).toEqual([false, { width: 3, height: 2, orientation: 1, deep: false }])
    expect([...(await (await openPicture(file)).raw().toBuffer())].slice(0, 3)).toEqual([0x80, 0x40, 0x20])
  })
  test('that is rotated is described as stored', async () => {
    const file = join(folder(), 'x.jpg')
    await sharp({ create: { width: 3, height: 2, channels: 3, background: 'red' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toFile(file)
    expect(await pictureFacts(file)).toEqual({ width: 3, height: 2, orientation: 6, deep: false })
  })
  test('that is invalid or could refer to other files is refused by name', async () => {
    const at = (name: string, text: string) => {
      const file = join(folder(), name)
      writeFileSync(file, text)
      return file
    }
    const svg = at('x.png', '<svg xmlns="http://www.w3.org/2000/svg" width="3" height="2"/>')
    await expect(pictureFacts(svg, 'mine.png')).rejects.toThrow(/^mine\.png: /)
    await expect(openPicture(svg)).rejects.toThrow(svg)
    await expect(openPicture(at('empty.png', ''), {}, undefined, 'empty')).rejects.toThrow(/^empty: /)
  })
})
