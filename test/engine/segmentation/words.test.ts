/** From a picture and words to masks at its size; for CLIPSeg as in transformers: test/parity/models/clipseg.py. */
import fs from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, test } from 'vitest'
import { rleArea } from '#shared/geometry/rle.ts'
import { decodeImage } from '../../../src-main/engine/data/decode.ts'
import type { Pixels } from '../../../src-main/engine/data/pixels.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import type { Model } from '../../../src-main/engine/models/model.ts'
import { decide } from '../../../src-main/engine/segmentation/decide.ts'
import { columnsOf, planeOf, resized } from '../../../src-main/engine/segmentation/planes.ts'
import { WordSegmenter } from '../../../src-main/engine/segmentation/words.ts'
import { floats, golden, goldenPath, type GoldenTensor, largestDifference } from '../../helpers/golden.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

interface Picture {
  readonly width: number
  readonly height: number
  readonly rgb: string
  readonly texts: string[]
  readonly full: GoldenTensor
}

const open = new Map<string, { model: Model; words: WordSegmenter }>()
async function segmenter(name: string): Promise<WordSegmenter> {
  let found = open.get(name)
  if (!found) {
    const model = await openModel(goldenPath(name))
    open.set(name, (found = { model, words: new WordSegmenter(model) }))
  }
  return found.words
}
afterAll(async () => {
  for (const { model, words } of open.values()) {
    await words.release()
    model.close()
  }
})

const noise = (width: number, height: number): Pixels => ({
  width,
  height,
  channels: 3,
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 7919) % 251),
})
const single = (texts: readonly string[]) => texts.map((text) => [text])

test.each(golden<{ pictures: Picture[] }>('../models/clipseg/expected.json').pictures.map((p) => [`${p.width} × ${p.height}`, p] as const))(
  'CLIPSeg: the logits of a picture of %s for three texts',
  async (_, { width, height, rgb, texts, full }) => {
    const words = await segmenter('../models/clipseg')
    const image = await words.encode({ width, height, channels: 3, data: Uint8Array.from(Buffer.from(rgb, 'base64')) })
    const planes = await words.logits(image, await words.words(single(texts)))
    const expected = floats(full)
    planes.forEach((plane, i) => {
      const own = expected.subarray(i * width * height, (i + 1) * width * height)
      expect(largestDifference(planeOf(resized(columnsOf(plane), image)).data, own)).toBeLessThan(1e-4)
    })
  },
)

describe.each(['../models/clipseg', 'clip/quick', 'families/siglip'])('%s', (name) => {
  test('other words on the same image, alone or together, get the same masks', async () => {
    const words = await segmenter(name)
    const image = await words.encode(noise(50, 20))
    const all = await words.logits(image, await words.words(single(['cat', 'dog', 'a tree'])))
    const [alone] = await words.logits(image, await words.words([['dog']]))
    expect(all.length).toBe(3)
    expect(largestDifference(all[1]!.data, alone!.data)).toBeLessThan(1e-4)
    expect(largestDifference(all[0]!.data, alone!.data)).toBeGreaterThan(1e-3)
    expect(await words.logits(image, await words.words([]))).toEqual([])
  })

  test('several prompts for one label are one query, an example picture another', async () => {
    const words = await segmenter(name)
    const both = await words.words([['cat', 'cat'], ['cat'], ['cat', 'dog']])
    const d = both.rows.length / 3
    const row = (i: number) => both.rows.subarray(i * d, (i + 1) * d)
    expect(largestDifference(row(0), row(1))).toBeLessThan(1e-6)
    expect(largestDifference(row(0), row(2))).toBeGreaterThan(1e-3)
    const image = await words.encode(noise(30, 30))
    const [a, b] = await words.logits(image, await words.examples([noise(9, 30), noise(31, 17)]))
    expect([...a!.data, ...b!.data].every(Number.isFinite)).toBe(true)
    expect(largestDifference(a!.data, b!.data)).toBeGreaterThan(1e-4)
  })

  test.each([
    [1, 1],
    [1, 300],
    [200, 20],
    [3000, 1],
  ])('a picture of %i × %i is covered', async (width, height) => {
    const words = await segmenter(name)
    const image = await words.encode(noise(width, height))
    const planes = await words.logits(image, await words.words(single(['cat', 'dog'])))
    expect(planes.every(({ data }) => data.every(Number.isFinite))).toBe(true)
    const found = decide(planes, image, words.competing, { threshold: 0 })
    for (const { mask, box, score } of found) {
      expect(mask.size).toEqual([height, width])
      expect([box.x + box.w <= width, box.y + box.h <= height, score > 0 && score <= 1]).toEqual([true, true, true])
    }
    // Without a threshold every pixel is somebody's.
    const covered = found.reduce((n, { mask }) => n + rleArea(mask), 0)
    expect(covered).toBe(words.competing ? width * height : 2 * width * height)
  })
})

test('grey and turned pictures are seen as they are shown', async () => {
  const words = await segmenter('../models/clipseg')
  const dir = temporaryFolder()
  const raw = sharp(Buffer.from(noise(24, 10).data), { raw: { width: 24, height: 10, channels: 3 } })
  const files = { turned: path.join(dir, 'turned.jpg'), upright: path.join(dir, 'upright.png'), grey: path.join(dir, 'grey.png') }
  await raw.clone().withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toFile(files.turned)
  fs.writeFileSync(files.upright, await sharp(files.turned, { autoOrient: true }).png().toBuffer())
  await raw.clone().greyscale().png().toFile(files.grey)
  const queries = await words.words(single(['cat']))
  const logits = async (file: string) => {
    const image = await words.encode(await decodeImage(file))
    return { image, data: (await words.logits(image, queries))[0]!.data }
  }
  const [turned, upright, grey] = [await logits(files.turned), await logits(files.upright), await logits(files.grey)]
  expect([turned.image.width, turned.image.height]).toEqual([10, 24])
  expect(largestDifference(turned.data, upright.data)).toBeLessThan(0.05)
  expect([grey.image.width, grey.data.every(Number.isFinite)]).toEqual([24, true])
})

test('a model that cannot segment says so in one line', async () => {
  const vit = await openModel(goldenPath('families/vit'))
  expect(() => new WordSegmenter(vit)).toThrow(
    /^segmentation: a ViT model cannot segment images: choose a model of CLIP, SigLIP, SigLIP 2 NaFlex, CLIPSeg or GroupViT$/,
  )
  vit.close()
})

test('where windows overlap, logits are their mean', async () => {
  const model = await openModel(goldenPath('clip/quick'))
  const words = new WordSegmenter(model, { detail: 1 })
  const grey = (width: number, height: number): Pixels => ({
    width,
    height,
    channels: 3,
    data: new Uint8Array(3 * width * height).fill(90),
  })
  const queries = await words.words(single(['cat', 'dog']))
  const range = async (width: number) => {
    const planes = await words.logits(await words.encode(grey(width, 64)), queries)
    return planes.map(({ data }) => [Math.min(...data), Math.max(...data)] as const)
  }
  const [square, long] = [await range(64), await range(192)]
  await words.release()
  model.close()
  long.forEach(([low, high], i) => {
    // Every window of a picture of one colour looks the same, so a mean lies within what one of them says.
    expect(low).toBeGreaterThanOrEqual(square[i]![0] - 0.2 * Math.abs(square[i]![0]))
    expect(high).toBeLessThanOrEqual(square[i]![1] + 0.2 * Math.abs(square[i]![1]))
  })
})
