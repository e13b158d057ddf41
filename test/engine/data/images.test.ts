/** The images of a job: each decoded once, and whose fault it is where one cannot be. */
import fs from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { DashiError, dataError, userError } from '#shared/errors.ts'
import type { Item } from '#shared/model/job.ts'
import { contentHash, PixelStore } from '../../../src-main/engine/data/cache.ts'
import { Images, UnreadableImage } from '../../../src-main/engine/data/images.ts'
import { preprocessSchema } from '../../../src-main/engine/data/preprocess.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'
import { golden } from './golden.ts'

let dir: string
beforeEach(() => void (dir = temporaryFolder()))
const copy = (name: string, from = 'images/rgba.png') => {
  const file = join(dir, name)
  fs.copyFileSync(golden(from), file)
  return file
}
const item = (file: string, label = 0, hash: string | null = null): Item => ({ file, label, hash })

test('labels and numbers are those of the items', () => {
  const images = new Images([item('a', 2), item('b', 0), item('c', 1)])
  expect([images.n, images.labels]).toEqual([3, Int32Array.of(2, 0, 1)])
  expect(new Images([]).labels).toEqual(new Int32Array(0))
})

test('pixels keep alpha, and are decoded once while there is room for them', async () => {
  const file = copy('a.png')
  const kept = new Images([item(file)], new PixelStore(1e9))
  const first = await kept.pixels(0)
  expect(first.channels).toBe(4)
  fs.rmSync(file)
  expect(await kept.pixels(0)).toBe(first)
  await expect(new Images([item(file)]).pixels(0)).rejects.toBeInstanceOf(UnreadableImage)
})

test('deep samples are kept by how they are reduced', async () => {
  const images = new Images([item(golden('formats/grey16.png'))], new PixelStore(1e9))
  const most = async (deep?: 'clip' | 'range' | 'percentiles') =>
    Math.max(...(await images.pixels(0, deep)).data.filter((_, i) => i % 4 === 0))
  expect([await most(), await most('range'), await most('percentiles'), await most('clip')]).toEqual([255, 3, 255, 255])
  const resized = (deep?: 'range') => images.resized(0, { ...preprocessSchema.parse({ size: 13 }), deep })
  expect(Math.max(...(await resized('range')).data)).toBe(3)
  expect(Math.max(...(await resized()).data)).toBe(255)
})

test('what is resized is RGB at the scale of the model, and kept by its settings', async () => {
  const file = copy('a.png')
  const images = new Images([item(file)], new PixelStore(1e9))
  const at = (size: number) => images.resized(0, preprocessSchema.parse({ size }))
  const [small, large] = [await at(8), await at(20)]
  expect([small.channels, Math.min(small.width, small.height), Math.min(large.width, large.height)]).toEqual([3, 8, 20])
  fs.rmSync(file)
  expect([await at(8), await at(20)]).toEqual([small, large])
  expect(await images.resized(0, preprocessSchema.parse({ size: 99 }), 'mine').catch(() => 'gone')).toBe('gone')
})

test('a hash is the given one, else that of the bytes', async () => {
  const file = copy('a.png')
  const images = new Images([item(file, 0, 'given'), item(file), item(join(dir, 'gone'))])
  expect([await images.hash(0), await images.hash(1)]).toEqual(['given', contentHash(fs.readFileSync(file))])
  await expect(images.hash(2)).rejects.toMatchObject({ file: join(dir, 'gone'), reason: 'no such file' })
})

test('what cannot be read says why, without its name, in one line', async () => {
  const file = join(dir, 'text.png')
  fs.writeFileSync(file, 'no image')
  const images = new Images([item(file)])
  for (const failing of [() => images.pixels(0), () => images.resized(0, preprocessSchema.parse({}))]) {
    const e = await failing().catch((x: unknown) => x as UnreadableImage)
    expect(e).toBeInstanceOf(UnreadableImage)
    expect(e).toMatchObject({ fault: 'data', file, message: `${file}: ${(e as UnreadableImage).reason}`, cause: { fault: 'data' } })
    expect((e as UnreadableImage).reason).toMatch(/^not an image/)
  }
  expect(new UnreadableImage('x', dataError('x', 'first\nsecond')).reason).toBe('first')
  expect(new UnreadableImage('x', dataError('y', 'other')).reason).toBe('y: other')
})

test('what is not the fault of the image is told as it is', async () => {
  const store = (e: Error) =>
    ({ get: (_: string, load: () => Promise<unknown>) => load().catch(() => Promise.reject(e)) }) as unknown as PixelStore
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC' })
  for (const e of [full, userError('mine'), new DashiError('engine', 'gone')])
    await expect(new Images([item('nowhere')], store(e)).pixels(0)).rejects.toBe(e)
})
