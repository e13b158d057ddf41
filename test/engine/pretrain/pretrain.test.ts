/** Pre-training and its measure on a model of two tables: colours on the one side, words on the other. */
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import type { Tokenizer } from '../../../src-main/engine/data/tokenizer.ts'
import type { Architecture } from '../../../src-main/engine/models/model.ts'
import { TensorList } from '../../../src-main/engine/models/tensors.ts'
import type { Value } from '../../../src-main/engine/graph/graph.ts'
import type { Params } from '../../../src-main/engine/nn/params.ts'
import { cast, exp, gather, gemm, l2Normalize, mul, reduceMean, reduceSum, unsqueeze } from '../../../src-main/engine/ops/index.ts'
import { zeroShotAccuracy } from '../../../src-main/engine/pretrain/evaluate.ts'
import type { Picture } from '../../../src-main/engine/pretrain/picture.ts'
import { pretrain } from '../../../src-main/engine/pretrain/pretrain.ts'
import { recipe } from '../../../src-main/engine/pretrain/recipe.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

const CONTEXT = 4
const WORDS = ['', 'red', 'green', 'blue', 'and']
const tensors = new TensorList()
tensors.in('image').weight('image.map', [3, 3])
tensors.in('text').embedding('text.table', [WORDS.length, 3])
tensors.in('text').scalar('logit_scale')
const identity = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1)

const scale = (p: Params) => exp(p.get('logit_scale', []))
/** An image is its mean colour through a map; a text is the sum of its words' rows. */
const model = {
  family: { name: 'Tables' },
  dim: 3,
  tensors,
  image: {
    size: 2,
    embed: (p: Params, pixels: Value) =>
      gemm(reduceMean(pixels, { axes: [2, 3] }), p.get('image.map', [3, 3]), undefined, { transB: true }),
  },
  text: {
    context: CONTEXT,
    at: (ids: Int32Array) => ids.indexOf(0),
    tokens: (p: Params, ids: Value) => gather(p.get('text.table', [WORDS.length, 3]), ids),
    // As many times its direction as it has words.
    embed: (_: Params, tokens: Value, at: Value) => mul(reduceSum(tokens, { axes: [1] }), unsqueeze(cast(at, 'float32'), [1])),
  },
  similarity: {
    scale,
    logits: (p: Params, image: Value, text: Value) =>
      mul(gemm(l2Normalize(image), l2Normalize(text), undefined, { transB: true }), scale(p)),
    bounds: { logit_scale: 4 },
  },
  initial: (seed: number) =>
    new Map([
      ['image.map', identity.slice()],
      ['text.table', Float32Array.from({ length: 3 * WORDS.length }, (_, i) => Math.sin(i + seed))],
      ['logit_scale', Float32Array.of(1)],
    ]),
  closedForm: {
    see: vi.fn(),
    contents: (_: Params, pixels: Value) => reduceMean(pixels, { axes: [2, 3] }),
    features: 2,
    read: vi.fn(),
  },
} as unknown as Architecture & { closedForm: { see: ReturnType<typeof vi.fn>; read: ReturnType<typeof vi.fn> } }
const tokenizer = {
  encode: (text: string, length: number) => {
    const ids = new Int32Array(length)
    ids.set(text.split(' ').map((word) => WORDS.indexOf(word)))
    return ids
  },
} as unknown as Tokenizer

const painted = new Map<string, Uint8Array>()
const picture = (concept: number, ...colour: number[]): Picture => {
  const key = colour.join()
  const side = recipe.renderSize
  if (!painted.has(key))
    painted.set(
      key,
      Uint8Array.from({ length: side * side * 4 }, (_, i) => [...colour, 255][i % 4]!),
    )
  return { concept, rgba: painted.get(key)! }
}
const [RED, GREEN, BLUE] = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
] as const

describe('the share of pictures that are named rightly', () => {
  const weights = new Map([
    ['image.map', identity],
    ['text.table', Float32Array.of(0, 0, 0, 1, -0.2, -0.2, -0.2, 1, -0.2, -0.2, -0.2, 1, 0, 0, 0)],
    ['logit_scale', Float32Array.of(0)],
  ])
  const share = (prompts: string[][], pictures: Picture[]) => zeroShotAccuracy(model, weights, tokenizer, prompts, pictures)
  const colours = [['red'], ['green'], ['blue']]

  test('counts those whose own words are nearest', async () => {
    expect(await share(colours, [picture(0, ...RED), picture(1, ...GREEN), picture(2, ...BLUE)])).toBe(1)
    expect(await share(colours, [picture(1, ...RED), picture(1, ...GREEN), picture(2, ...BLUE), picture(0, ...BLUE)])).toBe(0.5)
  })
  test('compares with the mean of the prompts of a concept, and takes the first of equals', async () => {
    const mixed = [
      ['red', 'green'],
      ['blue', 'blue'],
      ['green', 'green'],
    ]
    expect(await share(mixed, [picture(0, ...RED), picture(1, ...BLUE), picture(2, ...GREEN), picture(0, 255, 255, 0)])).toBe(1)
    const same = [['red'], ['red']]
    expect([await share(same, [picture(0, ...RED)]), await share(same, [picture(1, ...RED)])]).toEqual([1, 0])
    // Prompts count by their direction, not by their length.
    expect(
      await share(
        [
          ['red red red', 'green'],
          ['green', 'green'],
        ],
        [picture(0, 255, 230, 0)],
      ),
    ).toBe(1)
  })
  test('of more than a batch', async () => {
    const many = Array.from({ length: 130 }, (_, i) => picture(i % 3, ...[RED, GREEN, BLUE][i % 3]!))
    expect(await share(colours, [...many, picture(0, ...BLUE)])).toBeCloseTo(130 / 131, 12)
  })
})

describe('pre-training', () => {
  const pictures = Array.from({ length: 128 }, (_, i) => picture(i % 3, ...[RED, GREEN, BLUE][i % 3]!))
  const captions = ['red', 'green', 'blue'].map((word) => [word, `${word} and`, `and ${word}`])
  const options = { model, config: { kind: 'tables' }, captions, pictures, tokenizer }
  const run = (stateDir: string, more: object = {}) => {
    const told: [number, number, string[]][] = []
    const done = pretrain({
      ...options,
      epochs: 2,
      stateDir,
      onMetrics: (step, steps, metrics) => told.push([step, steps, Object.keys(metrics)]),
      ...more,
    })
    return done.then((result) => ({ ...result, told }))
  }

  test('makes its steps, tells their numbers, and gives the average of the weights without its own table', async () => {
    const dir = path.join(temporaryFolder(), 'new', 'state')
    const { losses, weights, told } = await run(dir)
    expect(losses).toHaveLength(2)
    expect(losses.every((loss) => loss > 0 && loss < 20)).toBe(true)
    expect(told).toEqual([1, 2].map((step) => [step, 2, expect.arrayContaining(['loss', 'captions', 'image', 'text'])]))
    expect([...weights.keys()].sort()).toEqual(['image.map', 'logit_scale', 'text.table'])
    expect(fs.existsSync(dir)).toBe(true)
    // Warmed up, in closed form, once.
    const { see, read } = model.closedForm
    expect(see).toHaveBeenCalledTimes(1)
    const [, map, bias] = read.mock.calls[0] as [unknown, Float32Array, Float32Array]
    expect([map.length, bias.length]).toEqual([2 * 3, 2])
    expect([...weights.get('image.map')!]).not.toEqual([...identity]) // trained
    expect(Math.max(...weights.get('image.map')!.map((v, i) => Math.abs(v - identity[i]!)))).toBeLessThan(0.01)
    // The same pictures give the same again.
    const again = await run(temporaryFolder())
    expect([again.losses, [...again.weights]]).toEqual([losses, [...weights]])
  })
  test('needs initial weights, words, and a start in closed form', async () => {
    const without = (name: string) =>
      pretrain({ ...options, model: { ...model, [name]: undefined }, epochs: 1, stateDir: temporaryFolder() })
    await expect(without('initial')).rejects.toThrow('Tables has no initial weights')
    await expect(without('closedForm')).rejects.toThrow('Tables has no closed-form initialisation')
    for (const half of ['text', 'similarity']) await expect(without(half)).rejects.toMatchObject({ name: 'DashiError' })
  })
})
