/** SAM 2's and EdgeTAM's outputs are those of transformers: test/parity/models/sam2.py, edgetam.py. */
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { rleToBitmap } from '#shared/geometry/rle.ts'
import { decodeImage } from '../../../src-main/engine/data/decode.ts'
import { preprocess } from '../../../src-main/engine/data/preprocess.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { architectureOf } from '../../../src-main/engine/models/families.ts'
import { imageFeature, paramsFor } from '../../../src-main/engine/models/model.ts'
import { PointKind } from '../../../src-main/engine/models/segmenter.ts'
import { tensor } from '../../../src-main/engine/runtime/session.ts'
import { planeOf, resized } from '../../../src-main/engine/segmentation/planes.ts'
import { pointsOf, Prompter } from '../../../src-main/engine/segmentation/prompts.ts'
import { feed } from '../../helpers/clip.ts'
import { floats, golden, goldenPath, type GoldenTensor, largestDifference } from '../../helpers/golden.ts'
import { runGraph } from '../../helpers/graph-run.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

interface Expected {
  readonly pixels: GoldenTensor
  readonly embedding: GoldenTensor
  readonly low: GoldenTensor
  readonly full: GoldenTensor
  readonly cases: {
    readonly points: [number, number][]
    readonly labels: (0 | 1)[]
    readonly box: [number, number, number, number] | null
    readonly mask: boolean
    readonly steady: boolean
    readonly logits: GoldenTensor
    readonly iou: GoldenTensor
  }[]
}
const FOLDERS = ['sam2', 'sam2-padded', 'sam2-three', 'edgetam', 'edgetam-wide', 'edgetam-three']
const expectedOf = (name: string) => golden<Expected>(`../models/${name}/expected.json`)

test.each(FOLDERS)('%s: the maps of an image, and their summary', async (name) => {
  const { pixels, embedding } = expectedOf(name)
  const model = await openModel(goldenPath(`../models/${name}`))
  const out = await runGraph(
    (g) => {
      const p = paramsFor(model, g, model.weights)
      const x = g.input('pixels', 'float32', pixels.shape)
      g.output('embedding', model.prompted!.embed(p, x))
      g.output('feature', imageFeature(model, p, x))
    },
    { pixels: feed(pixels) },
  )
  const expected = floats(embedding)
  expect(model.prompted!.embedding).toEqual([1, expected.length, 1, 1])
  expect(largestDifference(out['embedding']!, expected)).toBeLessThan(5e-5)
  const cells = (model.prompted!.side / 4) ** 2
  const coarse = expected.slice(-cells * model.dim)
  const means = Array.from({ length: model.dim }, (_, c) => coarse.slice(c * cells, (c + 1) * cells).reduce((a, b) => a + b) / cells)
  expect(largestDifference(out['feature']!, means)).toBeLessThan(2e-5)
  model.close()
})

test.each(FOLDERS.flatMap((name) => expectedOf(name).cases.map((c, i) => [`${name} ${i + 1}`, name, c] as const)))(
  '%s: masks and their predicted IoU',
  async (_, name, { points, labels, box, mask, logits, iou }) => {
    const { embedding, low } = expectedOf(name)
    const model = await openModel(goldenPath(`../models/${name}`))
    const { size } = model.prompted!
    const asked = pointsOf(
      { width: size, height: size, shown: { width: size, height: size } },
      {
        clicks: points.map(([x, y], i) => ({ x, y, inside: labels[i] === 1 })),
        ...(box ? { box: { x: box[0], y: box[1], w: box[2] - box[0], h: box[3] - box[1] } } : {}),
      },
      model.prompted!.closesBoxes,
    )
    expect(asked.at(-1)!.kind).toBe(PointKind.none)
    const out = await runGraph(
      (g) => {
        const y = model.prompted!.masks(paramsFor(model, g, model.weights), g.input('embedding', 'float32', model.prompted!.embedding), {
          points: g.input('points', 'float32', [1, asked.length, 2]),
          kinds: g.input('kinds', 'int32', [1, asked.length]),
          ...(mask ? { mask: g.input('mask', 'float32', low.shape) } : {}),
        })
        expect(y.logits.shape).toEqual(logits.shape)
        g.output('logits', y.logits)
        g.output('iou', y.iou)
      },
      {
        embedding: tensor(floats(embedding), 'float32', model.prompted!.embedding),
        points: tensor(Float32Array.from(asked.flatMap(({ x, y }) => [x, y])), 'float32', [1, asked.length, 2]),
        kinds: tensor(Int32Array.from(asked.map(({ kind }) => kind)), 'int32', [1, asked.length]),
        mask: feed(low),
      },
    )
    expect(largestDifference(out['logits']!, floats(logits))).toBeLessThan(1e-3)
    expect(largestDifference(out['iou']!, floats(iou))).toBeLessThan(1e-5)
    model.close()
  },
)

test('a mask that is not stable gives way to the best of the others: both happen in the golden files', () => {
  expect(new Set(FOLDERS.flatMap((name) => expectedOf(name).cases.map((c) => c.steady)))).toEqual(new Set([true, false]))
})

test('an image is resized to a square whatever its shape, and its masks back at once', async () => {
  const { low, full } = expectedOf('sam2')
  const model = await openModel(goldenPath('../models/sam2'))
  const prompter = new Prompter(model)
  for (const [width, height] of [
    [30, 7],
    [1, 1],
    [40, 4],
  ] as const) {
    const image = await prompter.embed({ width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(90) })
    expect(image.shown).toEqual({ width: 64, height: 64 })
    const [answer] = await prompter.ask(image, { box: { x: 0, y: 0, w: width, h: height } })
    expect(Number.isFinite(answer!.score)).toBe(true)
    if (width !== 30) continue
    const plane = { score: 1, logits: { width: 16, height: 16, data: floats(low) } }
    expect(largestDifference(planeOf(resized(prompter.over(image, plane), image)).data, floats(full))).toBeLessThan(1e-5)
  }
  await prompter.release()
  model.close()
})

interface Picture {
  readonly name: string
  readonly file: string
  readonly width: number
  readonly height: number
  readonly pixels: GoldenTensor
  readonly pillow: GoldenTensor
  readonly point: [number, number]
  readonly box: [number, number, number, number]
  readonly logits: GoldenTensor
  readonly full: GoldenTensor
}
/** One grey level, by which torchvision's resampling differs (src-main/engine/data/preprocess.ts), after normalisation. */
const ONE_LEVEL = 1 / 255 / 0.224 + 1e-6

describe.each(['sam2-three', 'edgetam-three'])('%s: from a picture to its masks (test/parity/models/sam2_pictures.py)', (name) => {
  test.each(golden<Picture[]>('../models/sam2-pictures.json').map((p) => [p.name, p] as const))('%s', async (_, picture) => {
    const { width, height } = picture
    const file = path.join(temporaryFolder(), 'picture')
    fs.writeFileSync(file, Buffer.from(picture.file, 'base64'))
    const model = await openModel(goldenPath(`../models/${name}`))
    const pixels = await decodeImage(file, file, { alpha: 'keep', deep: model.preprocess.deep })
    expect(pixels).toMatchObject({ width, height })
    const seen = new Float32Array(3 * 32 * 32)
    preprocess(pixels, model.preprocess, seen)
    expect(largestDifference(seen, floats(picture.pillow))).toBeLessThan(1e-6)
    expect(largestDifference(seen, floats(picture.pixels))).toBeLessThan(ONE_LEVEL)

    const prompter = new Prompter(model)
    const image = await prompter.embed(pixels)
    const found = pointsOf(image, {
      clicks: [{ x: width / 3, y: height / 2, inside: true }],
      box: { x: 0, y: 0, w: width * 0.75, h: height },
    })
    expect(
      largestDifference(
        found.flatMap(({ x, y }) => [x, y]),
        [...picture.point, ...picture.box],
      ),
    ).toBeLessThan(1e-5)
    const answer = { score: 1, logits: { width: 8, height: 8, data: floats(picture.logits) } }
    const full = floats(picture.full)
    expect(largestDifference(planeOf(resized(prompter.over(image, answer), image)).data, full)).toBeLessThan(1e-5)
    const mask = prompter.mask(image, answer)
    expect([...(mask ? rleToBitmap(mask.mask) : new Uint8Array(full.length))]).toEqual([...full].map((v) => (v > 0 ? 1 : 0)))
    await prompter.release()
    model.close()
  })
})

test.each([
  [{ vision_config: { fpn_hidden_size: 128 } }, 'expected 128, which vision_config.fpn_hidden_size says, found 256'],
  [{ prompt_encoder_config: { image_size: 512 } }, 'expected 128,128,64,64,32,32, which prompt_encoder_config says'],
  [{ mask_decoder_config: { num_hidden_layers: 3 } }, 'expected 2, found 3'],
  [{ vision_config: { backbone_config: { window_size_per_stage: [7, 4, 14, 7] } } }, 'expected even numbers'],
  [{ vision_config: { backbone_config: { blocks_per_stage: [1, 2, 7] } } }, 'expected 4 numbers, as embed_dim_per_stage has, found 3'],
])('a configuration whose parts do not fit is refused: %j', (given, why) => {
  expect(() => architectureOf({ model_type: 'sam2', ...given })).toThrow(why)
  expect(architectureOf({ model_type: 'sam2_video' }).dim).toBe(256)
})

test('an EdgeTAM folder without details is the published model; a picture must fit its stages', () => {
  const { dim, tensors } = architectureOf({ model_type: 'edgetam_video' })
  expect(dim).toBe(256)
  expect(tensors.get('vision_encoder.backbone.timm_model.stages_2.blocks.13.channel_mixer.conv1.c.weight')!.shape).toEqual([384, 192, 1, 1])
  const vision_config = {
    backbone_feature_sizes: [
      [252, 252],
      [126, 126],
      [63, 63],
    ],
  }
  expect(() => architectureOf({ model_type: 'edgetam', vision_config, prompt_encoder_config: { image_size: 1008 } })).toThrow(
    'expected a multiple of 32, the cells of the last stage',
  )
  const large = { image_size: 8192 }
  expect(() => architectureOf({ model_type: 'edgetam', prompt_encoder_config: large })).toThrow('makes maps that do not fit the memory')
})
