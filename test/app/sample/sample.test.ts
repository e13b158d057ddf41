import { mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { rleToBitmap } from '#shared/geometry/rle.ts'
import { sampleIndexSchema, sceneCaptionsSchema, sceneInstancesSchema, type SampleSplit } from '#shared/model/sample.ts'
import { hammingDistance, phash } from '#shared/phash.ts'
import { openSample, type Sample } from '../../../src-main/app/sample/cache.ts'
import { concepts } from '../../../src-main/app/sample/concepts.ts'
import { flatten, renderPictograph } from '../../../src-main/app/sample/render.ts'
import { hashSample, sampleHash } from '../../../src-main/app/sample/sample.ts'
import { hashOfPicture, quotas } from '../../../src-main/app/sample/split.ts'

const json = (sample: Sample, file: string): unknown => JSON.parse(readFileSync(join(sample.dir, file), 'utf8'))

describe('the sample', () => {
  let sample: Sample
  beforeAll(async () => {
    sample = await openSample()
  })
  const conceptsOf = (...splits: SampleSplit[]) =>
    new Set(sample.index.pictures.filter((p) => splits.includes(p.split)).map((p) => p.concept))

  test('is, pixel for pixel, the one that figures were published on', async () => {
    expect(sample.verified).toBe(true)
    expect(await hashSample(sample.dir, sample.index)).toBe(sampleHash)
  })

  test('is what the code of today draws', async () => {
    const byId = new Map(concepts().map((c) => [c.id, c]))
    for (const p of sample.index.pictures.filter((_, i) => i % 60 === 0)) {
      const now = flatten(await renderPictograph(byId.get(p.concept)!, p.style, sample.index.size))
      expect(Buffer.compare(await sharp(join(sample.dir, p.file)).raw().toBuffer(), now), p.file).toBe(0)
    }
  })

  test('splits concepts, never a picture of one concept on two sides', () => {
    const [train, val, heldOut, id] = (['train', 'val', 'heldOut', 'id'] as const).map((s) => conceptsOf(s))
    expect(train!.size + val!.size + heldOut!.size + id!.size).toBe(conceptsOf('train', 'val', 'heldOut', 'id').size)
    for (const c of conceptsOf('ood', 'forgotten')) expect(id!.has(c)).toBe(true)
  })

  test('every class can be learnt from 3 to 16 pictures, and is validated, held out and tested', () => {
    for (const [k, { name }] of sample.index.classes.entries()) {
      const count = (split: SampleSplit) => sample.index.pictures.filter((p) => p.class === k && p.split === split).length
      expect(count('train'), name).toBeGreaterThanOrEqual(3)
      expect(count('train'), name).toBeLessThanOrEqual(16)
      for (const split of ['val', 'heldOut', 'id', 'forgotten'] as const) expect(count(split), `${name} ${split}`).toBeGreaterThan(0)
    }
  })

  test('keeps near-duplicates on one side, and out of the distribution shift', async () => {
    const hash = async (file: string) => hashOfPicture(await sharp(join(sample.dir, file)).raw().toBuffer(), 128, 128)
    const own = sample.index.pictures.filter((p) => p.style === 'fluent-emoji-flat')
    const hashes = await Promise.all(own.map((p) => hash(p.file)))
    const near: string[] = []
    for (let i = 0; i < own.length; i++)
      for (let j = 0; j < i; j++)
        if (own[i]!.class === own[j]!.class && hammingDistance(hashes[i]!, hashes[j]!) <= 4 && own[i]!.split !== own[j]!.split)
          near.push(`${own[i]!.name} / ${own[j]!.name}`)
    expect(near).toEqual([])
    const noto = new Map(sample.index.pictures.filter((p) => p.style === 'noto').map((p) => [p.concept, p.file]))
    for (const p of sample.index.pictures.filter((p) => p.split === 'ood'))
      expect(hammingDistance(await hash(p.file), await hash(noto.get(p.concept)!)), p.name).toBeGreaterThan(16)
  })

  test('scenes: boxes and areas are those of the masks, masks do not overlap, captions go with their pictures', () => {
    const { images, annotations, categories } = sceneInstancesSchema.parse(json(sample, sample.index.scenes.instances))
    const captions = sceneCaptionsSchema.parse(json(sample, sample.index.scenes.captions))
    expect(images.length).toBe(200)
    expect(categories[0]!.id).toBe(1)
    const tested = conceptsOf('id')
    for (const image of images.filter((_, i) => i % 4 === 0)) {
      const objects = annotations.filter((a) => a.image_id === image.id)
      expect(objects.length, image.file_name).toBeGreaterThanOrEqual(3)
      expect(objects.length, image.file_name).toBeLessThanOrEqual(9)
      const taken = new Uint8Array(image.width * image.height)
      for (const o of objects) {
        let [left, top, right, bottom, area] = [image.width, image.height, 0, 0, 0]
        rleToBitmap(o.segmentation).forEach((on, at) => {
          if (!on) return
          taken[at]!++
          area++
          const [x, y] = [at % image.width, Math.floor(at / image.width)]
          ;[left, right, top, bottom] = [Math.min(left, x), Math.max(right, x + 1), Math.min(top, y), Math.max(bottom, y + 1)]
        })
        expect([o.bbox, o.area]).toEqual([[left, top, right - left, bottom - top], area])
        expect(o.style).not.toBe('noto-v1')
        expect(o.style === 'fluent-emoji-flat' && tested.has(o.concept)).toBe(false)
        expect(o.caption).toContain(o.name)
      }
      expect(taken.some((n) => n > 1)).toBe(false)
      expect(captions.annotations.filter((c) => c.image_id === image.id).length).toBe(2)
    }
  })
})

describe('the cache', () => {
  const index = sampleIndexSchema.parse({
    ...{ version: 1, size: 128, classes: [], pictures: [], leftOut: [], scenes: { instances: 'i.json', captions: 'c.json' } },
  })
  let made = 0
  const make = async (dir: string) => {
    made++
    writeFileSync(join(dir, 'index.json'), JSON.stringify(index))
    writeFileSync(join(dir, 'a.png'), 'picture')
    return { index, hash: 'x' }
  }

  test('is made once, and again where a file is missing or cut short', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'dashi-cache-'))
    const dir = join(parent, 'sample-1')
    const open = () => openSample(undefined, dir, make)
    expect((await open()).verified).toBe(false)
    await open()
    expect(made).toBe(1)
    truncateSync(join(dir, 'a.png'), 3)
    await open()
    expect(made).toBe(2)
    rmSync(join(dir, 'a.png'))
    await open()
    expect(made).toBe(3)
    rmSync(join(dir, 'complete.json'))
    await open()
    expect(made).toBe(4)
    expect(readdirSync(parent)).toEqual(['sample-1'])
  })

  test('a failure half-way leaves nothing behind', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'dashi-cache-'))
    const fail = async (dir: string) => {
      await make(dir)
      throw new Error('no space left')
    }
    await expect(openSample(undefined, join(parent, 'sample-1'), fail)).rejects.toThrow('no space left')
    expect(readdirSync(parent)).toEqual([])
  })
})

test('quotas add up, with at least one of each, whatever the size of the class', () => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 400 }), (n) => {
      const q = quotas(n)
      expect(q.train + q.val + q.heldOut + q.id).toBe(n)
      expect(Math.min(q.train, q.val, q.heldOut, q.id)).toBeGreaterThan(0)
      expect(q.train).toBeLessThanOrEqual(16)
    }),
  )
})

test('the perceptual hash ignores brightness and contrast, and sees another picture', () => {
  const picture = (f: (x: number, y: number) => number) => Array.from({ length: 1024 }, (_, i) => f(i % 32, Math.floor(i / 32)))
  const disc = (x: number, y: number) => ((x - 12) ** 2 + (y - 18) ** 2 < 60 ? 200 : 40)
  const cross = (x: number, y: number) => (Math.abs(x - y) < 4 || Math.abs(x + y - 25) < 4 ? 200 : 40)
  const one = phash(picture(disc))
  expect(hammingDistance(one, phash(picture((x, y) => disc(x, y) / 2 + 30)))).toBeLessThanOrEqual(1)
  expect(hammingDistance(one, phash(picture(cross)))).toBeGreaterThan(16)
  expect(() => phash([1, 2, 3])).toThrow('expected 1024')
})
