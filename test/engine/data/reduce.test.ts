/** Images at a working size: which, and that it depends on the file alone. */
import fs from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, expect, test } from 'vitest'
import type { Item } from '#shared/model/job.ts'
import { augment, augmentRng, augmentSchema, leastSize } from '../../../src-main/engine/data/augment.ts'
import { PixelStore } from '../../../src-main/engine/data/cache.ts'
import { decodeImage } from '../../../src-main/engine/data/decode.ts'
import { Images } from '../../../src-main/engine/data/images.ts'
import type { Pixels } from '../../../src-main/engine/data/pixels.ts'
import { decodeReduced, reductionOf } from '../../../src-main/engine/data/reduce.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'
import { golden } from './golden.ts'

const dir = temporaryFolder()
const photograph = join(dir, 'photograph.jpg')
const light = augmentSchema.parse({ minScale: 0.7, aspect: 1.2, flip: 0.5 })
const least = leastSize({ width: 96, height: 96 }, light)

/** Soft shapes and some grain, as in photographs. */
beforeAll(async () => {
  const [width, height] = [1024, 768]
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3]
    return 128 + 70 * Math.sin(x / (40 + 9 * c)) * Math.cos(y / 31) + 10 * Math.sin(i * i)
  })
  await sharp(data, { raw: { width, height, channels: 3 } })
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 90 })
    .toFile(photograph)
})

const sizeOf = ({ width, height, channels }: Pixels) => [width, height, channels]
const whole = (file: string) => decodeImage(file, file, { alpha: 'keep' })

test('an image is reduced by a whole number, by which no side becomes too small', () => {
  expect(reductionOf({ width: 1024, height: 768 }, { width: 125.7, height: 125.7 })).toBe(6)
  expect(reductionOf({ width: 1024, height: 768 }, { width: 128, height: 100 })).toBe(7)
  expect(reductionOf({ width: 1024, height: 768 }, { width: 512.1, height: 2 })).toBe(1)
  expect(reductionOf({ width: 30, height: 40 }, { width: 96, height: 96 })).toBe(1)
})

test('no view of an image at its least size takes two pixels of its own from one', () => {
  const strong = augmentSchema.parse({ minScale: 0.25, aspect: 4 })
  // The narrowest crop has the least area and the largest aspect.
  expect(leastSize({ width: 96, height: 50 }, strong)).toEqual({ width: 384, height: 200 })
  expect(leastSize({ width: 96, height: 50 }, augmentSchema.parse({}))).toEqual({ width: 96, height: 50 })
})

test('it is upright, and its views are those of the whole image within what resampling changes', async () => {
  const [small, large] = [await decodeReduced(photograph, least), await whole(photograph)]
  expect([sizeOf(large), sizeOf(small)]).toEqual([
    [768, 1024, 4],
    [128, 171, 4],
  ])
  const plain = { image_mean: [0, 0, 0] as [number, number, number], image_std: [1, 1, 1] as [number, number, number] }
  const view = (pixels: Pixels, index: number) => {
    const out = new Float32Array(3 * 96 * 96)
    augment(pixels, { width: 96, height: 96 }, light, plain, augmentRng(0, 0, index), out)
    return out
  }
  for (let index = 0; index < 8; index++) {
    const [a, b] = [view(small, index), view(large, index)]
    const apart = a.reduce((sum, v, i) => sum + Math.abs(v - b[i]!), 0) / a.length
    expect(apart).toBeLessThan(2.5 / 255)
    const shift = Math.abs(a.reduce((sum, v, i) => sum + v - b[i]!, 0)) / a.length
    expect(shift).toBeLessThan(0.5 / 255)
  }
})

test('it has the same bits each time, however many images are read beside it and whether it was kept', async () => {
  const [first, ...others] = await Promise.all(Array.from({ length: 6 }, () => decodeReduced(photograph, least)))
  for (const other of others) expect(other).toEqual(first)
  const item: Item = { file: photograph, label: 0 }
  for (const limit of [0, 1e9]) {
    const images = new Images([item], new PixelStore(limit))
    for (let again = 0; again < 2; again++) expect(await images.reduced(0, least)).toEqual(first)
  }
  expect(first!.data.buffer).toBeInstanceOf(SharedArrayBuffer)
})

test('the store counts what it keeps of it, and keeps each size apart', async () => {
  const store = new PixelStore(171 * 128 * 4)
  const images = new Images([{ file: photograph, label: 0 }], store)
  const small = await images.reduced(0, least)
  expect(store.bytes).toBe(small.data.length)
  const other = await images.reduced(0, { width: 300, height: 300 })
  expect(sizeOf(other)).toEqual([384, 512, 4])
  expect(store.bytes).toBe(small.data.length) // there was no room for it
  expect(await images.reduced(0, least)).toBe(small)
})

test('an image that stays as it is has the very pixels of its file', async () => {
  for (const file of ['images/rgb.jpg', 'images/rgba.png', 'images/grey.jpg', 'images/cmyk.jpg', 'formats/rgb24.bmp'].map(golden)) {
    const pixels = await whole(file)
    expect(await decodeReduced(file, { width: pixels.width, height: pixels.height })).toEqual(pixels)
  }
})

test('formats that libvips alone does not decode as we do are reduced from their whole pixels', async () => {
  for (const file of ['images/rgba.png', 'images/cmyk.jpg', 'formats/grey16.png', 'formats/rgb24.bmp', 'formats/rgb.jp2'].map(golden)) {
    const { width, height, data } = await whole(file)
    const half = await decodeReduced(file, { width: width / 2, height: height / 2 })
    expect(sizeOf(half)).toEqual([Math.ceil(width / 2), Math.ceil(height / 2), 4])
    const mean = (bytes: Uint8Array) => bytes.reduce((a, b) => a + b, 0) / bytes.length
    expect(Math.abs(mean(half.data) - mean(data))).toBeLessThan(3)
  }
})

test('what cannot be decoded is told as if it had been decoded whole', async () => {
  const bytes = fs.readFileSync(photograph)
  const damaged = { 'cut.jpg': bytes.subarray(0, bytes.length / 2), 'text.jpg': Buffer.from('no image'), 'empty.jpg': Buffer.alloc(0) }
  for (const [name, content] of Object.entries(damaged)) fs.writeFileSync(join(dir, name), content)
  for (const name of [...Object.keys(damaged), 'gone.jpg']) {
    const file = join(dir, name)
    const told = (e: unknown) => e as Error
    const [got, want] = [await decodeReduced(file, least).catch(told), await whole(file).catch(told)]
    expect(want).toBeInstanceOf(Error)
    expect(got).toMatchObject({ fault: 'data', message: (want as Error).message, sentence: (want as { sentence?: unknown }).sentence })
  }
})

test('read whole by another thread, an image has the pixels that this one would read', async () => {
  for (const file of ['images/rgb.jpg', 'images/rgba.png', 'images/grey.jpg', 'images/cmyk.jpg', 'formats/rgb24.bmp'].map(golden)) {
    const read = (decode?: typeof decodeReduced) => new Images([{ file, label: 0 }]).pixels(0, undefined, decode)
    const [here, there] = [await read(), await read(decodeReduced)]
    expect([there.width, there.height, there.channels], file).toEqual([here.width, here.height, here.channels])
    expect(Buffer.from(there.data), file).toEqual(Buffer.from(here.data))
    expect(there.data.buffer).toBeInstanceOf(SharedArrayBuffer)
  }
})
