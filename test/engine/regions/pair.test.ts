/** Two models together: a detector's boxes become masks, and regions of another model are named by a CLIP. */
import path from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { boxIou } from '#shared/geometry/box.ts'
import { rleArea } from '#shared/geometry/rle.ts'
import type { BoxTuple, DetectionSettings, Prompt } from '#shared/model/preview.ts'
import type { Box } from '#shared/model/shape.ts'
import { Images } from '../../../src-main/engine/data/images.ts'
import { softmaxRows } from '../../../src-main/engine/metrics/predictions.ts'
import { Detecting } from '../../../src-main/engine/detection/detecting.ts'
import { decodeImage } from '../../../src-main/engine/data/decode.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import type { Model } from '../../../src-main/engine/models/model.ts'
import { answer } from '../../../src-main/engine/questions/answer.ts'
import { pairOf } from '../../../src-main/engine/regions/index.ts'
import { Naming } from '../../../src-main/engine/regions/naming.ts'
import { boxesOf, type RegionSource } from '../../../src-main/engine/regions/sources.ts'
import { Prompting } from '../../../src-main/engine/segmentation/prompting.ts'
import { imageFeatures, zeroShotHead } from '../../../src-main/engine/tasks/embed.ts'
import { headLogits } from '../../../src-main/engine/tasks/head-logits.ts'
import { goldenPath } from '../../helpers/golden.ts'
import { temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

const [OWL, SAM, SIGLIP] = [goldenPath('families/owlv2'), goldenPath('../models/sam'), goldenPath('families/siglip')]
const asBox = ([x, y, w, h]: BoxTuple): Box => ({ x, y, w, h })
const words = (...names: string[]): Prompt => ({ classes: names.map((name) => ({ name })), templates: ['{}'] })

let dir: string
let image: string
/** Three red rings on blue, a green square, and nothing. */
const RINGS: readonly Box[] = [4, 44, 84].map((x) => ({ x, y: 6, w: 24, h: 24 }))
const SQUARE: Box = { x: 10, y: 50, w: 24, h: 24 }
const NOTHING: Box = { x: 80, y: 50, w: 24, h: 24 }
beforeAll(async () => {
  dir = temporaryFolder()
  image = path.join(dir, 'image.png')
  const rings = RINGS.map(({ x, y }) => `<circle cx="${x + 12}" cy="${y + 12}" r="9" fill="none" stroke="red" stroke-width="5"/>`)
  const drawn = `<rect width="120" height="80" fill="#ccd"/>${rings.join('')}<rect x="10" y="50" width="24" height="24" fill="green"/>`
  await sharp(Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="120" height="80">${drawn}</svg>`))
    .png()
    .toFile(image)
})

async function withModels<T>(folders: readonly string[], use: (...models: Model[]) => Promise<T>): Promise<T> {
  const models = await Promise.all(folders.map((folder) => openModel(folder)))
  try {
    return await use(...models)
  } finally {
    for (const model of models) model.close()
  }
}

describe('a detector and a model of points and boxes', () => {
  const pair = (prompt: Prompt, settings?: DetectionSettings) =>
    withModels([OWL, SAM], async (owl, sam) => {
      const both = pairOf(owl, sam, 'segment', { masks: true })
      try {
        return await both.find(image, prompt, settings)
      } finally {
        await both.release()
      }
    })

  test('give the mask in each box, with the label and the score of the box', async () => {
    const settings = { threshold: 0, overlap: 1 }
    const found = await pair(words('cat', 'dog'), settings)
    const expected = await withModels([OWL, SAM], async (owl, sam) => {
      const [detecting, prompting] = [Detecting.with(owl, 'detect'), Prompting.with(sam, 'mask')]
      const boxes = await detecting.find(image, words('cat', 'dog'), settings)
      const one = []
      for (const {
        label,
        score,
        box: [x, y, w, h],
      } of boxes) {
        const [left, top, right, bottom] = [Math.max(0, x), Math.max(0, y), Math.min(120, x + w), Math.min(80, y + h)]
        if (right <= left || bottom <= top) continue // OWLv2 sees a square, of which the lower third is not in the image
        const [mask] = await prompting.find(image, [], [left, top, right - left, bottom - top])
        if (mask) one.push({ label, score, box: mask.box, mask: mask.mask })
      }
      await detecting.release()
      await prompting.release()
      return one
    })
    expect(expected.length).toBeGreaterThan(2)
    expect(found.map(({ label, score }) => [label, score])).toEqual(expected.map(({ label, score }) => [label, score]))
    // Masks of one batch differ from those asked alone by rounding.
    found.forEach(({ mask }, i) => expect(Math.abs(rleArea(mask!) - rleArea(expected[i]!.mask))).toBeLessThan(5))
  })

  test('leave out boxes below the threshold and beyond the number wanted', async () => {
    const all = await pair(words('cat'), { threshold: 0, overlap: 1 })
    const few = await pair(words('cat'), { threshold: 0, overlap: 1, most: 6 })
    expect(few).toEqual(all.slice(0, few.length))
    expect(few.length).toBeLessThan(all.length)
    expect(await pair(words('cat'), { threshold: 1 })).toEqual([])
  })

  test('find what is like an example, too', async () => {
    const found = await pair({ example: { file: image, region: [4, 6, 24, 24] } })
    expect(found[0]).toMatchObject({ label: 'example', mask: { size: [80, 120] } })
  })
})

/** A source of known boxes. */
const given = (...boxes: Box[]): RegionSource => ({ regions: async () => boxes.map((box) => ({ box })), release: async () => undefined })

async function named(folder: string, boxes: readonly Box[], prompt: Prompt, settings?: DetectionSettings) {
  return withModels([folder], async (model) => {
    const naming = new Naming(model, given(...boxes), 'detect')
    try {
      return await naming.find(image, prompt, settings)
    } finally {
      await naming.release()
    }
  })
}

describe('a CLIP that names regions', () => {
  test.each([TINY_CLIP, SIGLIP])('compares the mean of two crops with the words and the background: %s', async (folder) => {
    const cut = async (name: string, [left, top, side]: [number, number, number]) => {
      const file = path.join(dir, `${name}.png`)
      await sharp(image).extract({ left, top, width: side, height: side }).toFile(file)
      return { file, label: 0 }
    }
    const crops = [await cut('near', [44, 6, 24]), await cut('wide', [38, 0, 36])]
    const expected = await withModels([folder], async (model) => {
      const features = await imageFeatures(model, new Images(crops))
      const d = model.dim
      const mean = Float32Array.from({ length: d }, (_, i) => features[i]! + features[d + i]!)
      const length = Math.hypot(...mean)
      const head = await zeroShotHead(model, [{ name: 'cat' }, { name: 'dog' }, { name: 'wall' }], ['{}'])
      const logits = headLogits(
        mean.map((x) => x / length),
        head,
      )
      return softmaxRows(logits, 3)
    })
    const best = expected.indexOf(Math.max(...expected))
    const found = await named(folder, [RINGS[1]!], words('cat', 'dog'), { background: ['wall'], threshold: 0 })
    if (best === 2) expect(found).toEqual([])
    else
      expect(found).toMatchObject([
        { label: ['cat', 'dog'][best], score: expect.closeTo(expected[best]!, 4) as number, box: [44, 6, 24, 24] },
      ])
    // Whatever wins, one of the three does if each is a word.
    const all = await named(folder, [RINGS[1]!], words('cat', 'dog', 'wall'), { background: [], threshold: 0 })
    expect(all).toMatchObject([{ label: ['cat', 'dog', 'wall'][best], score: expect.closeTo(expected[best]!, 4) as number }])
  })

  test('a region more like the background than like any word is left out, and so is one below the threshold', async () => {
    const [only] = await named(TINY_CLIP, [SQUARE], words('cat', 'dog'), { background: [], threshold: 0 })
    const other = only!.label === 'cat' ? 'dog' : 'cat'
    expect(await named(TINY_CLIP, [SQUARE], words(other), { background: [only!.label], threshold: 0 })).toEqual([])
    expect(await named(TINY_CLIP, [SQUARE], words('cat', 'dog'), { background: [], threshold: only!.score + 1e-6 })).toEqual([])
  })

  test('of regions that overlap the likelier is kept; the number can be limited', async () => {
    const near = { ...SQUARE, x: SQUARE.x + 2 }
    const boxes = [SQUARE, near, ...RINGS]
    const o = { background: [], threshold: 0 }
    const kept = await named(TINY_CLIP, boxes, words('cat'), o)
    expect(kept).toHaveLength(4)
    expect(await named(TINY_CLIP, boxes, words('cat'), { ...o, overlap: 1 })).toHaveLength(5)
    expect(await named(TINY_CLIP, boxes, words('cat'), { ...o, most: 2 })).toEqual(kept.slice(0, 2))
    expect(await named(TINY_CLIP, [], words('cat'), o)).toEqual([])
  })

  test('finds what is like an example: the other rings, not the square, nor nothing', async () => {
    const found = await named(
      TINY_CLIP,
      [...RINGS, SQUARE, NOTHING],
      { example: { file: image, region: [4, 6, 24, 24] } },
      { threshold: 0 },
    )
    expect(found.map(({ label }) => label)).toEqual(['example', 'example', 'example'])
    expect(new Set(found.map(({ box }) => box.join()))).toEqual(new Set(RINGS.map(({ x, y, w, h }) => [x, y, w, h].join())))
  })

  test('regions of a pixel, of the whole image, and long ones are looked at', async () => {
    const odd = [
      { x: 0, y: 0, w: 120, h: 80 },
      { x: 119.5, y: 79.5, w: 0.2, h: 0.2 },
      { x: 0, y: 40, w: 120, h: 1 },
    ]
    expect(await named(TINY_CLIP, odd, words('cat'), { background: [], threshold: 0 })).toHaveLength(3)
  })

  test('a word beyond the context is one line', async () => {
    await expect(named(TINY_CLIP, RINGS, words('cat '.repeat(99)))).rejects.toThrow(/^the text "(cat )+" has \d+ tokens, more than the/)
  })
})

describe('where regions come from', () => {
  test("a detector's boxes, within the image and apart, whatever their word", async () => {
    await withModels([OWL], async (owl) => {
      const source = boxesOf(owl, 'detect')
      const found = await source.regions(image, await decodeImage(image, image, { alpha: 'keep' }), {})
      await source.release()
      expect(found.length).toBeGreaterThan(3)
      for (const [i, { box }] of found.entries()) {
        expect(box.x >= 0 && box.y >= 0 && box.x + box.w <= 120.001 && box.y + box.h <= 80.001).toBe(true)
        for (const other of found.slice(0, i)) expect(boxIou(other.box, box)).toBeLessThanOrEqual(0.7)
      }
    })
  })

  test('masks of everything, which keep their shape', async () => {
    await withModels([TINY_CLIP, SAM], async (clip, sam) => {
      const prompting = Prompting.with(sam, 'segment')
      // The small model is sure of nothing, so every mask counts.
      const regions = (file: string) => prompting.everything(file, { side: 3, quality: -Infinity, stability: -Infinity, overlap: 1 })
      const naming = new Naming(clip, { regions, release: () => prompting.release() }, 'segment')
      const found = await naming.find(image, words('cat'), { background: [], threshold: 0, overlap: 1 })
      expect(found.length).toBeGreaterThan(0)
      for (const { mask, box } of found) {
        expect(mask!.size).toEqual([80, 120])
        expect(asBox(box).w * asBox(box).h).toBeGreaterThanOrEqual(rleArea(mask!))
      }
      await naming.release()
    })
  })
})

describe('as a lane is asked', () => {
  const ask = (model: string, regions: string, kind: 'detect' | 'segment', settings: DetectionSettings = {}) =>
    answer({ kind, model, regions, file: image, prompt: words('cat', 'dog'), settings })

  test('words and boxes of one model, masks of the other; with a CLIP first, the regions of the other', async () => {
    const masks = await ask(OWL, SAM, 'segment', { threshold: 0, overlap: 1 })
    expect(masks).not.toEqual([])
    expect(await ask(OWL, SAM, 'segment', { threshold: 0, overlap: 1 })).toEqual(masks)
    expect(await ask(TINY_CLIP, OWL, 'detect', { threshold: 0, background: [] })).not.toEqual([])
    expect(await ask(TINY_CLIP, SAM, 'segment', { grid: 1 })).toEqual([])
  })

  test.each([
    [TINY_CLIP, OWL, 'segment', 'segment: a OWLv2 model cannot make masks from points and boxes: choose a model of SAM'],
    [OWL, TINY_CLIP, 'detect', 'detect: a CLIP model cannot make masks from points and boxes: choose a model of SAM'],
    [SAM, SAM, 'detect', 'detect: a SAM model cannot embed images: choose a model of'],
  ] as const)('models that cannot do their part say so in one line: %#', async (model, regions, kind, why) => {
    await expect(ask(model, regions, kind)).rejects.toThrow(why)
  })
})
