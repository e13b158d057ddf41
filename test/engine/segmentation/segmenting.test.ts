/** A segmenter and a prompter at work on image files, as the lane and the terminal ask them. */
import path from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { rleArea, rleIntersection } from '#shared/geometry/rle.ts'
import { maskSchema, segmentSchema } from '#shared/model/preview.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { Prompting } from '../../../src-main/engine/segmentation/prompting.ts'
import { Segmenting } from '../../../src-main/engine/segmentation/segmenting.ts'
import { goldenPath } from '../../helpers/golden.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

let image: string
let other: string
beforeAll(async () => {
  const dir = temporaryFolder()
  const draw = async (name: string, width: number, height: number, drawn: string) => {
    const file = path.join(dir, name)
    await sharp(Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${drawn}</svg>`))
      .png()
      .toFile(file)
    return file
  }
  image = await draw('image.png', 60, 40, '<rect width="60" height="40" fill="#ccd"/><circle cx="20" cy="20" r="14" fill="red"/>')
  other = await draw(
    'other.png',
    50,
    50,
    '<rect width="50" height="50" fill="green"/><rect x="9" y="9" width="20" height="20" fill="red"/>',
  )
})

async function segmenting<T>(name: string, use: (s: Segmenting) => Promise<T>): Promise<T> {
  const model = await openModel(goldenPath(name))
  const own = Segmenting.with(model, 'segment')
  try {
    return await use(own)
  } finally {
    await own.release()
    model.close()
  }
}
const prompt = (...names: string[]) => ({ classes: names.map((name) => ({ name })), templates: ['{}'] })

describe('by words', () => {
  test('CLIPSeg decides each label by itself, from a half on', async () => {
    await segmenting('../models/clipseg', async (s) => {
      const all = await s.find(image, prompt('cat', 'dog'), { threshold: 0 })
      expect(all.map(({ label }) => label).sort()).toEqual(['cat', 'dog'])
      for (const found of all) {
        segmentSchema.parse(found)
        expect([found.mask.size, rleArea(found.mask)]).toEqual([[40, 60], 2400])
      }
      const half = await s.find(image, prompt('cat', 'dog'))
      expect(half).toEqual(await s.find(image, prompt('cat', 'dog'), { threshold: 0.5 }))
      for (const { mask, score } of half) expect([rleArea(mask) <= 2400, score > 0.5]).toEqual([true, true])
      expect((await s.find(image, prompt('cat', 'dog'), { threshold: 0, most: 1 })).map(({ label }) => label)).toEqual([all[0]!.label])
      expect(await s.find(image, prompt('cat'), { threshold: 1 })).toEqual([])
    })
  })

  test('the labels of a CLIP share the pixels with each other and with the background', async () => {
    await segmenting('clip/quick', async (s) => {
      const found = await s.find(image, prompt('cat', 'dog', 'Sky'))
      expect(found.map((f) => f.score)).toEqual(found.map((f) => f.score).sort((a, b) => b - a))
      expect(found.reduce((n, { mask }) => n + rleArea(mask), 0)).toBeLessThanOrEqual(2400)
      const alone = await s.find(image, prompt('cat'), { background: [] })
      expect(rleArea(alone[0]!.mask)).toBe(2400)
      const shared = await s.find(image, prompt('cat'), { background: ['dog', 'Cat'] })
      const both = await s.find(image, prompt('cat', 'dog'), { background: [] })
      expect(shared).toEqual(both.filter(({ label }) => label === 'cat'))
      for (const a of found) for (const b of found) if (a !== b) expect(rleArea(rleIntersection(a.mask, b.mask))).toBe(0)
    })
  })
})

describe('by an example', () => {
  test('CLIPSeg looks at the example, or at a region of it, as a picture', async () => {
    await segmenting('../models/clipseg', async (s) => {
      const [whole] = await s.find(image, { example: { file: other } }, { threshold: 0 })
      const [part] = await s.find(image, { example: { file: other, region: [8, 8, 22, 22] } }, { threshold: 0 })
      expect([whole!.label, part!.label]).toEqual(['example', 'example'])
      expect(whole!.score).not.toBe(part!.score)
    })
  })

  test('a CLIP compares patches: those of the region with those around it', async () => {
    await segmenting('clip/quick', async (s) => {
      const found = await s.find(other, { example: { file: other, region: [8, 8, 22, 22] } })
      expect(found.map(({ label }) => label)).toEqual(['example'])
      // What it was shown is among what it finds, and what lies in the other corner is not all.
      expect(rleArea(found[0]!.mask)).toBeLessThan(2500)
      const tiny = await s.find(image, { example: { file: other, region: [30.5, 30.5, 0.1, 0.1] } }, { threshold: 0 })
      expect(tiny.length).toBeLessThanOrEqual(1)
      const all = await s.find(image, { example: { file: other, region: [0, 0, 50, 50] } })
      expect(rleArea(all[0]!.mask)).toBe(2400) // nothing is left to compare with
      await expect(s.find(image, { example: { file: other } })).rejects.toThrow(
        /^preview: give the --region of the --example that is meant, which a CLIP model compares with the rest$/,
      )
      await expect(s.find(image, { example: { file: other, region: [60, 0, 5, 5] } })).rejects.toThrow('50 × 50 pixels, found 60,0,5,5')
    })
  })
})

test('words beyond the context and an image that is not there are said in one line', async () => {
  await segmenting('../models/clipseg', async (s) => {
    await expect(s.find(image, prompt('cat '.repeat(30)))).rejects.toThrow(/^the text "cat .*" has \d+ tokens, more than the 12 that/)
    await expect(s.find(`${image}.gone`, prompt('cat'))).rejects.toThrow('no such file')
  })
})

test('clicks and boxes on an image file', async () => {
  const model = await openModel(goldenPath('../models/sam'))
  const own = Prompting.with(model, 'mask')
  const open = await own.find(image, [{ x: 20, y: 20, inside: true }])
  for (const found of open) expect(maskSchema.parse(found).mask.size).toEqual([40, 60])
  expect(open.map((f) => f.score)).toEqual(open.map((f) => f.score).sort((a, b) => b - a))
  expect((await own.find(image, [], [5, 5, 30, 30])).length).toBeLessThanOrEqual(1)
  expect((await own.find(image, [{ x: 20, y: 20, inside: true }], [5, 5, 30, 30])).length).toBeLessThanOrEqual(1)
  await expect(own.find(image, [])).rejects.toThrow('give a click on the image, or a box')
  await own.release()
  model.close()
})
