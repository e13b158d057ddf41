/** The zero-shot classifier: one row a class, of the similarity's scale in length, along the mean of its templates' embeddings. */
import { beforeAll, expect, test } from 'vitest'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import type { Model } from '../../../src-main/engine/models/model.ts'
import { fillTemplate, textFeatures, unitRows, zeroShotHead } from '../../../src-main/engine/tasks/embed.ts'
import { headLogits } from '../../../src-main/engine/tasks/head-logits.ts'
import { relativeError } from '../../helpers/golden.ts'
import { TINY_CLIP } from '../../helpers/pictures.ts'

let model: Model
beforeAll(async () => {
  model = await openModel(TINY_CLIP)
})

const classes = [{ name: 'cat', phrase: 'a tabby cat' }, { name: 'red apple' }]
const templates = ['a photo of a {}', '{}', 'a drawing of the {}']
const rows = (x: Float32Array) => Array.from({ length: x.length / model.dim }, (_, i) => x.subarray(i * model.dim, (i + 1) * model.dim))
const length = (x: Float32Array) => Math.hypot(...x)

test('each row has the length of the scale, however far apart its templates lie', async () => {
  const { scale } = model.similarity!.of(model.weights)
  const texts = rows(
    await textFeatures(
      model,
      templates.map((t) => fillTemplate(t, classes[0]!)),
    ),
  )
  const mean = Float32Array.from(texts[0]!, (_, i) => texts.reduce((sum, t) => sum + t[i]!, 0) / texts.length)
  expect(length(mean)).toBeLessThan(0.99) // the mean of unit vectors is shorter than they are
  const [cat, apple] = rows((await zeroShotHead(model, classes, templates)).weight)
  for (const row of [cat!, apple!]) expect(length(row)).toBeCloseTo(scale, 3)
  expect(
    relativeError(
      cat!,
      mean.map((x) => (scale * x) / length(mean)),
    ),
  ).toBeLessThan(1e-4)
})

test('with one template a row is that template’s embedding', async () => {
  const { scale, bias } = model.similarity!.of(model.weights)
  const head = await zeroShotHead(model, classes, ['a photo of a {}'])
  const texts = await textFeatures(model, ['a photo of a a tabby cat', 'a photo of a red apple'])
  expect(
    relativeError(
      head.weight,
      texts.map((x) => scale * x),
    ),
  ).toBeLessThan(1e-5)
  expect([head.classes, [...head.bias]]).toEqual([
    ['cat', 'red apple'],
    [bias, bias],
  ])
})

test('a class goes by its name alone, and by its phrase in a sentence', () => {
  expect(templates.map((t) => fillTemplate(t, classes[0]!))).toEqual(['a photo of a a tabby cat', 'cat', 'a drawing of the a tabby cat'])
  expect(fillTemplate('a photo of a {}', { name: 'dog' })).toBe('a photo of a dog')
})

test('rows of length one, and the logits of a head', () => {
  expect([...unitRows(Float32Array.of(3, 4, 0, -2), 2)]).toEqual([Math.fround(0.6), Math.fround(0.8), 0, -1])
  const head = { classes: ['a', 'b', 'c'], dim: 2, weight: Float32Array.of(1, 0, 0, 2, 1, -1), bias: Float32Array.of(0, 10, 1) }
  expect([...headLogits(Float32Array.of(3, 4, 5, 6), head)]).toEqual([3, 18, 0, 5, 22, 0])
})
