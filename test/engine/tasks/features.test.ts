/** Features of images: which are computed, which are read from the cache, and in what order they come. */
import fs from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Item } from '#shared/model/job.ts'
import { Images } from '../../../src-main/engine/data/images.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import type { Model } from '../../../src-main/engine/models/model.ts'
import { embedImages, FeatureCache, imageFeatures } from '../../../src-main/engine/tasks/embed.ts'
import { largestDifference } from '../../helpers/golden.ts'
import { fill, removeDevice, smallDevice } from '../../helpers/small-device.ts'
import { temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

let dir: string
let model: Model
let items: Item[]
const N = 70
beforeAll(async () => {
  dir = temporaryFolder()
  model = await openModel(TINY_CLIP)
  items = await Promise.all(
    Array.from({ length: N }, async (_, i) => {
      const file = path.join(dir, `${i}.png`)
      const pixels = Uint8Array.from({ length: 8 * 8 * 3 }, (_x, k) => (k * 7 + i * 53 * ((k % 3) + 1)) % 256)
      await sharp(pixels, { raw: { width: 8, height: 8, channels: 3 } })
        .png()
        .toFile(file)
      return { file, label: 0, hash: `hash-${i}` }
    }),
  )
})
afterAll(() => model.close())
const row = (features: Float32Array, i: number) => features.subarray(i * model.dim, (i + 1) * model.dim)

describe('features', () => {
  test('are those of each image alone, in the order that is asked for, and told by chunks', async () => {
    const told: number[][] = []
    const all = await imageFeatures(model, new Images(items), { onProgress: (...p) => told.push(p) })
    expect(all).toHaveLength(N * model.dim)
    // Three batches of 24 are a chunk: 70 images are one of 72.
    expect(told.at(-1)).toEqual([N, N])
    expect(told.map(([done]) => done)).toEqual(told.map(([done]) => done).toSorted((a, b) => a! - b!))
    const some = await embedImages(model, new Images(items), [69, 0, 35], {})
    for (const [k, i] of [69, 0, 35].entries()) {
      expect(largestDifference(row(some, k), row(all, i))).toBeLessThan(1e-5)
      expect(Math.hypot(...row(all, i))).toBeCloseTo(1, 4)
    }
    expect(largestDifference(row(all, 0), row(all, 1))).toBeGreaterThan(1e-4)
    expect(await imageFeatures(model, new Images([]))).toHaveLength(0)
  })

  test('of more than a chunk come in several, between which it can be stopped', async () => {
    const many = new Images([...items, ...items, ...items].slice(0, 150))
    const told: number[][] = []
    let asked = 0
    await embedImages(
      model,
      many,
      Array.from({ length: 150 }, (_, i) => i),
      { onProgress: (...p) => told.push(p), isCancelled: () => void asked++ },
    )
    expect(told).toEqual([
      [90, 150],
      [150, 150],
    ])
    expect(asked).toBe(2)
    const stop = () => {
      throw new Error('stopped')
    }
    await expect(embedImages(model, many, [0], { isCancelled: stop })).rejects.toThrow('stopped')
  })

  test('name an image that cannot be read', async () => {
    await expect(imageFeatures(model, new Images([items[0]!, { file: path.join(dir, 'gone.png'), label: 0 }]))).rejects.toMatchObject({
      file: path.join(dir, 'gone.png'),
    })
  })
})

describe('the cache of features', () => {
  test('is done without where the disk is full', async () => {
    const device = smallDevice(path.join(dir, 'full'))
    if (!device) return
    try {
      fill(path.join(device, 'ballast'))
      const some = new Images(items.slice(0, 3))
      const told: number[][] = []
      const features = await imageFeatures(model, some, { cache: device, onProgress: (...p) => told.push(p) })
      expect(features).toEqual(await imageFeatures(model, some))
      expect(fs.readdirSync(device)).toEqual(['ballast'])
      fs.rmSync(path.join(device, 'ballast'))
      expect(await imageFeatures(model, some, { cache: device, onProgress: (...p) => told.push(p) })).toEqual(features)
      expect(await imageFeatures(model, some, { cache: device, onProgress: (...p) => told.push(p) })).toEqual(features)
      expect(told).toHaveLength(2) // the third time they were there
    } finally {
      removeDevice(device)
    }
  })

  test('gives what it has, by the bytes of images, and computes the rest', async () => {
    const cache = path.join(dir, 'cache')
    const told: number[][] = []
    const features = (own: readonly Item[]) => imageFeatures(model, new Images(own), { cache, onProgress: (...p) => told.push(p) })
    const first = await features(items.slice(0, 3))
    expect(fs.readdirSync(cache)).toEqual([expect.stringMatching(/^features-[0-9a-f]{16}\.safetensors$/)])
    const more = await features([items[4]!, items[2]!, items[0]!])
    expect(told).toEqual([
      [3, 3],
      [1, 1],
    ])
    expect([row(more, 1), row(more, 2)]).toEqual([row(first, 2), row(first, 0)])
    // By its hash, whatever the file is called; without one, by its bytes.
    expect(row(await features([{ ...items[9]!, hash: 'hash-0' }]), 0)).toEqual(row(first, 0))
    const plain = { ...items[1]!, hash: null }
    await features([plain])
    const copy = path.join(dir, 'copy.png')
    fs.copyFileSync(plain.file, copy)
    told.length = 0
    await features([{ file: copy, label: 0 }])
    expect(told).toEqual([])
  })

  test('is one file for all models of the same image tower and preprocessing', async () => {
    const cache = path.join(dir, 'towers')
    const names = new Set<string>()
    const open = async (change: (m: Model) => Model) => names.add((await FeatureCache.open(change(model), cache)).fingerprint).size
    expect(await open((m) => m)).toBe(1)
    expect(await open((m) => ({ ...m, head: undefined }) as Model)).toBe(1)
    expect(await open((m) => ({ ...m, preprocess: { ...m.preprocess, resample: 2 } }) as Model)).toBe(2)
    expect(await open((m) => ({ ...m, image: { ...m.image, config: { other: 1 } } }) as unknown as Model)).toBe(3)
    const bytes = (m: Model, part: 'image' | 'text') => {
      const changed = m.weights.names().find((name) => (part === 'image') === m.tensors.isOf(name, 'image'))!
      const weights = Object.assign(Object.create(m.weights) as Model['weights'], {
        bytes: (name: string) => (name === changed ? Uint8Array.of(1) : m.weights.bytes(name)),
      })
      return { ...m, weights } as Model
    }
    expect(await open((m) => bytes(m, 'text'))).toBe(3)
    expect(await open((m) => bytes(m, 'image'))).toBe(4)
  })

  test('keeps the features of 24 models, those that were used last, and no other file', async () => {
    const cache = path.join(dir, 'many')
    fs.mkdirSync(cache)
    const name = (i: number) => `features-${i.toString(16).padStart(16, '0')}.safetensors`
    for (let i = 0; i < 26; i++) {
      fs.writeFileSync(path.join(cache, name(i)), '')
      fs.utimesSync(path.join(cache, name(i)), 1000 + i, 1000 + i)
    }
    const strangers = ['features-12.safetensors', `${name(1)}.bak`, `x${name(1)}`, `features-${'g'.repeat(16)}.safetensors`, 'notes.txt']
    for (const stranger of strangers) {
      fs.writeFileSync(path.join(cache, stranger), '')
      fs.utimesSync(path.join(cache, stranger), 1, 1)
    }
    const features = await FeatureCache.open(model, cache)
    features.rows.set('a', new Float32Array(model.dim))
    await features.save()
    const left = fs.readdirSync(cache)
    expect(strangers.filter((s) => !left.includes(s))).toEqual([])
    expect(left.filter((f) => !strangers.includes(f))).toHaveLength(24)
    expect([0, 1, 2, 3, 25].map((i) => left.includes(name(i)))).toEqual([false, false, false, true, true])
  })

  test('those of a base that was read just now are not the oldest, however long ago they were written', async () => {
    const cache = path.join(dir, 'base')
    const base = await FeatureCache.open(model, cache)
    base.rows.set('a', new Float32Array(model.dim))
    await base.save()
    const [file] = fs.readdirSync(cache)
    fs.utimesSync(path.join(cache, file!), 1, 1)
    const again = await FeatureCache.open(model, cache)
    expect(again.rows.size).toBe(1)
    expect(fs.statSync(path.join(cache, file!)).mtimeMs).toBeGreaterThan(1e6)
  })

  test('that cannot be written is an error about its file', async () => {
    const blocked = path.join(dir, 'blocked')
    fs.writeFileSync(blocked, '')
    await expect(imageFeatures(model, new Images([items[0]!]), { cache: blocked })).rejects.toMatchObject({ fault: 'data' })
  })
})
