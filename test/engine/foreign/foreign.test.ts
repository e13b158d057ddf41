/** Detectors and segmenters in ONNX files that the user brings: what a manifest says of them, and files that are not what it says. */
import fs from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { rleToBitmap } from '#shared/geometry/rle.ts'
import { FOREIGN_MANIFEST, FOREIGN_MODEL } from '#shared/model/foreign.ts'
import type { DetectionSettings, Prompt } from '#shared/model/preview.ts'
import { Foreign } from '../../../src-main/engine/foreign/index.ts'
import { inputOf, placeIn } from '../../../src-main/engine/foreign/picture.ts'
import { encodeModel } from '../../../src-main/engine/graph/encode.ts'
import { Graph, type Value } from '../../../src-main/engine/graph/graph.ts'
import { add, averagePool, concat, mul, reduceMean, reshape, slice } from '../../../src-main/engine/ops/index.ts'
import { answer } from '../../../src-main/engine/questions/answer.ts'
import { modelFacts } from '../../../src-main/engine/questions/facts.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

let image: string
beforeAll(async () => {
  image = path.join(temporaryFolder(), 'image.png')
  // Twice as wide as high: the left half red, the right half blue.
  const drawn = '<rect width="40" height="40" fill="red"/><rect x="40" width="40" height="40" fill="blue"/>'
  await sharp(Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40">${drawn}</svg>`))
    .png()
    .toFile(image)
})

type Json = Record<string, unknown>
/** A folder with a model of an input [1, 3, 8, 16] (or `shape`) whose outputs are computed by `build`. */
function folder(manifest: Json, build: (pixels: Value) => Record<string, Value>, shape: readonly number[] = [1, 3, 8, 16]): string {
  const dir = temporaryFolder()
  const graph = new Graph()
  for (const [name, value] of Object.entries(build(graph.input('images', 'float32', shape)))) graph.output(name, value)
  fs.writeFileSync(path.join(dir, FOREIGN_MODEL), encodeModel(graph))
  fs.writeFileSync(path.join(dir, FOREIGN_MANIFEST), JSON.stringify(manifest))
  return dir
}
/** Numbers that the model answers whatever it sees. */
const rows = (pixels: Value, ...numbers: readonly (readonly number[])[]) =>
  add(
    pixels.graph.constant(Float32Array.from(numbers.flat()), 'float32', [1, numbers.length, numbers[0]!.length]),
    reshape(mul(reduceMean(pixels, { axes: [1, 2, 3] }), 0), [1, 1, 1]),
  )
const INPUT = { width: 16, height: 8 }
const words = (...names: string[]): Prompt => ({ classes: names.map((name) => ({ name })) })
async function find(dir: string, prompt: Prompt, settings?: DetectionSettings, task: 'detect' | 'segment' = 'detect') {
  const model = await Foreign.open(dir, task, 'preview')
  try {
    return await model.find(image, prompt, settings)
  } finally {
    await model.release()
  }
}

const BOXES = { boxes: { output: 'y' }, scores: { output: 'y', from: 4 } }
const detector = (detect: Json, numbers: readonly (readonly number[])[], more: Json = {}) =>
  folder({ input: INPUT, classes: ['cat', 'dog'], detect: { ...BOXES, format: 'xyxy', ...detect }, ...more }, (x) => ({
    y: rows(x, ...numbers),
  }))

describe('boxes', () => {
  test.each([
    ['xyxy', [2, 1, 6, 5]],
    ['xywh', [2, 1, 4, 4]],
    ['cxcywh', [4, 3, 4, 4]],
  ])('as %s in pixels of the input, or as shares of it', async (format, box) => {
    const expected = [{ label: 'dog', score: expect.closeTo(0.9, 5) as number, box: [10, 5, 20, 20] }]
    expect(await find(detector({ format }, [[...box, 0.1, 0.9]]), words('cat', 'dog'))).toMatchObject(expected)
    const shares = box.map((v, k) => v / (k % 2 ? 8 : 16))
    expect(await find(detector({ format, relative: true }, [[...shares, 0.1, 0.9]]), words('cat', 'dog'))).toMatchObject(expected)
  })

  test('a letterbox or padding is taken off again', async () => {
    const square = { ...INPUT, height: 16 }
    for (const [fit, y] of [
      ['letterbox', 5],
      ['pad', 1],
    ] as const) {
      const dir = folder(
        { input: { ...square, fit }, classes: ['cat'], detect: { ...BOXES, format: 'xywh' } },
        (x) => ({ y: rows(x, [2, y, 4, 4, 0.9]) }),
        [1, 3, 16, 16],
      )
      expect((await find(dir, words('cat')))[0]!.box).toEqual([10, 5, 20, 20])
    }
  })

  test('scores as logits, softmax over the classes, with objectness, transposed, or one with a class', async () => {
    const box = [0, 0, 4, 4]
    const score = async (dir: string) =>
      (await find(dir, words('cat', 'dog'), { threshold: 0 })).map(({ label, score: s }) => [label, Number(s.toFixed(4))])
    expect(await score(detector({ score: 'sigmoid' }, [[...box, 0, 2]]))).toEqual([['dog', 0.8808]])
    expect(await score(detector({ score: 'softmax' }, [[...box, 0, 2]]))).toEqual([['dog', 0.8808]])
    const yolo5 = { objectness: { output: 'y', from: 4 }, scores: { output: 'y', from: 5 } }
    expect(await score(detector(yolo5, [[...box, 0.5, 0.2, 0.8]]))).toEqual([['dog', 0.4]])
    expect(
      await score(
        detector(
          { transposed: true },
          [...box, 0.3, 0.6].map((v) => [v, v / 2]),
        ),
      ),
    ).toEqual([
      ['dog', 0.6],
      ['dog', 0.3],
    ])
    const named = { labels: { output: 'y', from: 5 }, suppressed: true }
    expect(
      await score(
        detector(named, [
          [...box, 0.7, 1],
          [...box, 0.6, 0],
          [...box, 0.9, 7],
        ]),
      ),
    ).toEqual([
      ['dog', 0.7],
      ['cat', 0.6],
    ])
  })

  test('of overlapping ones of a class the best remains, unless the model sees to it; a threshold and a number limit them', async () => {
    const three = [
      [0, 0, 4, 4, 0.9, 0],
      [0, 0, 4, 3.9, 0.8, 0],
      [8, 0, 12, 4, 0.3, 0],
    ]
    const scores = async (detect: Json, o?: DetectionSettings) =>
      (await find(detector(detect, three), words('cat'), o)).map((f) => Number(f.score.toFixed(2)))
    expect(await scores({})).toEqual([0.9, 0.3])
    expect(await scores({ suppressed: true })).toEqual([0.9, 0.8, 0.3])
    expect(await scores({}, { overlap: 1, threshold: 0.5 })).toEqual([0.9, 0.8])
    expect(await scores({}, { most: 1 })).toEqual([0.9])
  })

  test('only of the words that are asked, by their names or phrases', async () => {
    const dir = detector({}, [[0, 0, 4, 4, 0.3, 0.9]])
    expect(await find(dir, { classes: [{ name: 'Katze', phrase: 'Cat' }] })).toMatchObject([
      { label: 'Katze', score: expect.closeTo(0.3) as number },
    ])
    await expect(find(dir, words('cat', 'red apple', 'bird'))).rejects.toThrow(
      /^the model does not know red apple, bird: its classes are cat, dog$/,
    )
    await expect(find(dir, { example: { file: image } })).rejects.toThrow(/^a model of fixed classes looks for words only/)
  })
})

/** Logits of two classes: red minus blue and the opposite, at a quarter of the input's size. */
const redOrBlue = (x: Value) => {
  const level = (c: number) => averagePool(slice(x, { axis: 1, start: c, end: c + 1 }), { kernel: [4, 4], stride: 4 })
  const red = add(level(0), mul(level(2), -1))
  return { masks: mul(concat([red, mul(red, -1)], { axis: 1 }), 5) }
}
const segmenter = (segment: Json = {}, input: Json = INPUT) =>
  folder({ input, classes: ['red', 'blue'], segment: { masks: 'masks', ...segment } }, redOrBlue, [1, 3, Number(input['height']), 16])

test.each(['softmax', 'sigmoid'] as const)('masks by %s, at the size of the image', async (score) => {
  for (const input of [INPUT, { ...INPUT, height: 16, fit: 'pad' }]) {
    const found = await find(segmenter({ score }, input), words('blue'), {}, 'segment')
    expect(found).toMatchObject([{ label: 'blue', mask: { size: [40, 80] } }])
    const bitmap = rleToBitmap(found[0]!.mask!)
    expect([bitmap[20 * 80 + 5], bitmap[20 * 80 + 75]]).toEqual([0, 1])
    expect(Math.abs(bitmap.reduce((a, b) => a + b, 0) - 1600)).toBeLessThan(200)
  }
})

test('an image is normalised, in the order and layout that the manifest says', () => {
  const pixel = { width: 1, height: 1, channels: 3 as const, data: Uint8Array.of(255, 51, 0) }
  const input = {
    width: 1,
    height: 2,
    layout: 'nhwc',
    order: 'bgr',
    fit: 'pad',
    fill: 102,
    scale: 1 / 255,
    mean: [0.2, 0, 0],
    std: [1, 1, 2],
  } as const
  const at = placeIn({ ...input, mean: [0.2, 0, 0], std: [1, 1, 2] }, pixel)
  const out = inputOf(pixel, { ...input, mean: [0.2, 0, 0], std: [1, 1, 2] }, at)
  expect([...out].map((v) => Number(v.toFixed(4)))).toEqual([-0.2, 0.2, 0.5, 0.2, 0.4, 0.2])
})

test('as a lane is asked, and what its facts are', async () => {
  const dir = detector({}, [[2, 1, 6, 5, 0.1, 0.9]])
  const ask = (more: object = {}) => answer({ kind: 'detect', model: dir, file: image, prompt: words('dog'), settings: {}, ...more })
  expect(await ask()).toMatchObject([{ label: 'dog', box: [10, 5, 20, 20] }])
  await expect(ask({ regions: dir })).rejects.toThrow(/^a model of fixed classes is asked alone/)
  await expect(ask({ kind: 'segment' })).rejects.toThrow(/^segment: this model can only detect$/)
  expect(modelFacts(dir)).toMatchObject({ can: ['detect'], parameters: 0 })
})

describe('one line for', () => {
  const box = [0, 0, 4, 4]
  test.each([
    [
      'an output that is missing',
      () => detector({ scores: { output: 'scores' } }, [[...box, 1, 0]]),
      /model\.onnx: has no output scores, which dashi-onnx\.json names: it has y$/,
    ],
    [
      'too few numbers',
      () => detector({}, [[...box, 1]]),
      /model\.onnx: output y: expected \[1, boxes, ≥ 6\] by dashi-onnx\.json, found \[1, 1, 5\]$/,
    ],
    [
      'logits taken for probabilities',
      () => detector({}, [[...box, 3, -2]]),
      /model\.onnx: a score is 3: dashi-onnx\.json should say that scores are "sigmoid" or "softmax"$/,
    ],
    ['NaN', () => detector({}, [[...box, NaN, NaN]]), /model\.onnx: its boxes or scores for this image are no numbers/],
    [
      'a box at infinity',
      () => detector({}, [[0, 0, Infinity, 4, 1, 0]]),
      /model\.onnx: its boxes or scores for this image are no numbers/,
    ],
    [
      'another input size',
      () => detector({}, [[...box, 1, 0]], { input: { width: 9, height: 9 } }),
      /model\.onnx: does not take an input of \[1, 3, 9, 9\], as dashi-onnx\.json says: /,
    ],
    [
      'a file that is no model',
      () => {
        const dir = detector({}, [[...box, 1, 0]])
        fs.writeFileSync(path.join(dir, FOREIGN_MODEL), 'no model')
        return dir
      },
      /model\.onnx: onnxruntime cannot open it: /,
    ],
    [
      'a file that is not there',
      () => {
        const dir = detector({}, [[...box, 1, 0]])
        fs.rmSync(path.join(dir, FOREIGN_MODEL))
        return dir
      },
      /model\.onnx: /,
    ],
    [
      'a huge file',
      () => {
        const dir = detector({}, [[...box, 1, 0]])
        fs.truncateSync(path.join(dir, FOREIGN_MODEL), 2 ** 31)
        return dir
      },
      /model\.onnx: has 2147483648 bytes, more than/,
    ],
    ['a manifest with an unknown format', () => detector({ format: 'yxyx' }, [[...box, 1, 0]]), /dashi-onnx\.json: detect\.format: /],
    [
      'a manifest without a task',
      () => detector({}, [[...box, 1, 0]], { detect: undefined }),
      /dashi-onnx\.json: detect: expected either detect or segment$/,
    ],
    ['a manifest without classes', () => detector({}, [[...box, 1, 0]], { classes: [] }), /dashi-onnx\.json: classes: /],
  ] as const)('%s', async (_, make, line) => {
    const dir = make()
    const problem = await find(dir, words('cat'), { threshold: 0 }).catch((e: unknown) => e as Error)
    expect((problem as Error).message).toMatch(line)
    expect((problem as Error).message).not.toContain('\n')
  })
})
