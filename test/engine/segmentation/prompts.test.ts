/** From a picture and clicks to masks at its size, as transformers' SamProcessor has them: test/parity/models/sam.py. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeRle, rleArea, rleContains, rleToBitmap } from '#shared/geometry/rle.ts'
import type { Pixels } from '../../../src-main/engine/data/pixels.ts'
import { preprocess } from '../../../src-main/engine/data/preprocess.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import type { Model } from '../../../src-main/engine/models/model.ts'
import { everything } from '../../../src-main/engine/segmentation/everything.ts'
import { columnsOf, maskOf, planeOf, resized } from '../../../src-main/engine/segmentation/planes.ts'
import { pointsOf, Prompter } from '../../../src-main/engine/segmentation/prompts.ts'
import { floats, golden, goldenPath, type GoldenTensor, largestDifference } from '../../helpers/golden.ts'

interface Picture {
  readonly width: number
  readonly height: number
  readonly rgb: string
  readonly pixels: GoldenTensor
  readonly point: [number, number]
  readonly box: [number, number, number, number]
  readonly reshaped: [number, number]
  readonly logits: GoldenTensor
  readonly full: GoldenTensor
}

const { pictures } = golden<{ pictures: Picture[] }>('../models/sam/expected.json')
const pixelsOf = ({ width, height, rgb }: Picture): Pixels => ({
  width,
  height,
  channels: 3,
  data: Uint8Array.from(Buffer.from(rgb, 'base64')),
})

let model: Model
let prompter: Prompter
beforeAll(async () => {
  model = await openModel(goldenPath('../models/sam'))
  prompter = new Prompter(model)
})
afterAll(async () => {
  await prompter.release()
  model.close()
})

describe.each(pictures.map((p) => [`${p.width} × ${p.height}`, p] as const))('a picture of %s', (_, picture) => {
  const { width, height, reshaped, point, box } = picture

  test('is seen as by SamImageProcessor', () => {
    const out = new Float32Array(3 * 32 * 32)
    preprocess(pixelsOf(picture), model.preprocess, out)
    expect(largestDifference(out, floats(picture.pixels))).toBeLessThan(1e-6)
  })

  test('its points and boxes are found in what is seen', async () => {
    const image = await prompter.embed(pixelsOf(picture))
    expect([image.shown.height, image.shown.width]).toEqual(reshaped)
    const found = pointsOf(image, {
      clicks: [{ x: width / 3, y: height / 2, inside: true }],
      box: { x: 0, y: 0, w: width * 0.75, h: height },
    })
    const expected = [...point, ...box]
    expect(
      largestDifference(
        found.flatMap(({ x, y }) => [x, y]),
        expected,
      ),
    ).toBeLessThan(1e-5)
    expect(found.map(({ kind }) => kind)).toEqual([1, 2, 3])
  })

  test('its masks have its size', async () => {
    const image = await prompter.embed(pixelsOf(picture))
    const side = 16
    const answer = { score: 1, logits: { width: side, height: side, data: floats(picture.logits) } }
    const full = floats(picture.full)
    expect(largestDifference(planeOf(resized(prompter.over(image, answer), image)).data, full)).toBeLessThan(1e-5)
    const found = prompter.mask(image, answer)
    const bitmap = found ? rleToBitmap(found.mask) : new Uint8Array(full.length)
    expect([...bitmap]).toEqual([...full].map((v) => (v > 0 ? 1 : 0)))
  })
})

describe('what is asked', () => {
  const image = () => prompter.embed(pixelsOf(pictures[0]!))
  const click = { x: 20, y: 8, inside: true }

  test('one click leaves open what is meant: the best of several comes first; a box is clear', async () => {
    const seen = await image()
    const open = await prompter.ask(seen, { clicks: [click] })
    expect(open.length).toBe(model.prompted!.choices)
    expect(open.map((a) => a.score)).toEqual(open.map((a) => a.score).sort((a, b) => b - a))
    const box = { x: 2, y: 2, w: 20, h: 10 }
    for (const prompt of [{ box }, { clicks: [click, { ...click, x: 3, inside: false }] }, { clicks: [click], previous: open[0]!.logits }])
      expect((await prompter.ask(seen, prompt)).length).toBe(1)
    expect((await prompter.ask(seen, { box }, 'several')).length).toBe(3)
    expect((await prompter.ask(seen, { clicks: [click] }, 'one')).length).toBe(1)
  })

  test('prompts of one batch are answered as if each were alone', async () => {
    const seen = await image()
    const prompts = [{ clicks: [click] }, { clicks: [{ x: 1, y: 1, inside: true }] }]
    const both = await prompter.askEach(seen, prompts)
    for (const [i, prompt] of prompts.entries()) {
      const [alone] = await prompter.askEach(seen, [prompt])
      expect(
        largestDifference(
          alone!.flatMap((a) => [a.score, ...a.logits.data]),
          both[i]!.flatMap((a) => [a.score, ...a.logits.data]),
        ),
      ).toBeLessThan(1e-5)
    }
    await expect(prompter.askEach(seen, [{ clicks: [click] }, { clicks: [click, click] }])).rejects.toThrow('equally many')
  })

  test('an earlier mask changes the answer', async () => {
    const seen = await image()
    const [first] = await prompter.ask(seen, { clicks: [click] })
    const [again] = await prompter.ask(seen, { clicks: [click], previous: first!.logits }, 'several')
    expect(largestDifference(again!.logits.data, first!.logits.data)).toBeGreaterThan(0.01)
  })
})

test('a mask of a plane covers what exceeds the threshold, an empty one is none', () => {
  const plane = { width: 2, height: 1, data: Float32Array.of(-1, 3) }
  const large = resized(columnsOf(plane), { width: 8, height: 4 })
  const found = maskOf(large)!
  expect([rleArea(found.mask), found.box]).toEqual([20, { x: 3, y: 0, w: 5, h: 4 }])
  expect([rleContains(found.mask, 2, 1), rleContains(found.mask, 3, 1)]).toEqual([false, true])
  expect(maskOf(large, 3)).toBeUndefined()
})

test('a model without prompts says so in one line', async () => {
  const clip = await openModel(goldenPath('clip/quick'))
  expect(() => new Prompter(clip)).toThrow(
    /^masks of points and boxes: a CLIP model cannot make masks from points and boxes: choose a model of SAM, MobileSAM, SAM 2 or EdgeTAM$/,
  )
  clip.close()
})

describe('everything', () => {
  const { everything: expected } = golden<{
    everything: { quality: number; stability: number; overlap: number; masks: { score: number; counts: number[] }[] }
  }>('../models/sam/expected.json')

  test('a grid of clicks finds what the pipeline of transformers finds, best first', async () => {
    const image = await prompter.embed(pixelsOf(pictures[0]!))
    const done: number[] = []
    const { quality, stability, overlap } = expected
    const found = await everything(prompter, image, { side: 4, quality, stability, overlap, together: 7, onProgress: (n) => done.push(n) })
    expect(found.length).toBe(expected.masks.length)
    expect(found.length).toBeGreaterThan(1)
    found.forEach(({ score, mask }, i) => {
      expect(score).toBeCloseTo(expected.masks[i]!.score, 5)
      expect(decodeRle(mask).counts).toEqual(expected.masks[i]!.counts)
    })
    expect(done).toEqual([7, 14, 16])
  })

  test('what is not good enough is left out; it can be stopped', async () => {
    const image = await prompter.embed(pixelsOf(pictures[0]!))
    expect(await everything(prompter, image, { side: 2, quality: 1e6 })).toEqual([])
    expect(await everything(prompter, image, { side: 2, quality: -1e6, stability: 1 })).toEqual([])
    const stop = () => {
      throw new Error('stopped')
    }
    await expect(everything(prompter, image, { side: 2, isCancelled: stop })).rejects.toThrow('stopped')
  })
})
