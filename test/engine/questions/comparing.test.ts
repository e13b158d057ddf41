/** Images and texts compared by a model that stays open. */
import path from 'node:path'
import sharp from 'sharp'
import type { BoxTuple } from '#shared/model/preview.ts'
import { beforeAll, expect, test } from 'vitest'
import { answer } from '../../../src-main/engine/questions/answer.ts'
import { textsOf } from '../../../src-main/engine/tasks/embed.ts'
import { goldenPath } from '../../helpers/golden.ts'
import { temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

const model = TINY_CLIP
let [file, part] = ['', '']
beforeAll(async () => {
  const dir = temporaryFolder()
  ;[file, part] = [path.join(dir, 'whole.png'), path.join(dir, 'part.png')]
  const circle = Buffer.from('<svg width="60" height="40"><rect width="60" height="40" fill="#fc3"/><circle cx="45" cy="20" r="12"/></svg>')
  await sharp(circle).png().toFile(file)
  await sharp(circle).extract({ left: 30, top: 5, width: 28, height: 30 }).png().toFile(part)
})
const embed = (text: string) => answer({ kind: 'embed', model, text }) as Promise<Float32Array>
const image = (of: string) => answer({ kind: 'embed-image', model, file: of }) as Promise<Float32Array>
const similarity = (of: string, texts: string[], region?: BoxTuple) =>
  answer({ kind: 'similarity', model, file: of, texts, ...(region ? { region } : {}) }) as Promise<Float32Array>
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0)
const close = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  expect(a.length).toBe(b.length)
  for (let i = 0; i < a.length; i++) expect(a[i]).toBeCloseTo(b[i]!, 5)
}

test('similarity is the cosine of the embeddings, in the order of the texts', async () => {
  const texts = ['a cat', 'T1', 'a cat']
  const found = await similarity(file, texts)
  const own = await image(file)
  close(found, await Promise.all(texts.map(async (text) => dot(own, await embed(text)))))
})

test('a region is seen as a picture of its own', async () => {
  const found = await similarity(file, ['a cat'], [30, 5, 28, 30])
  close(found, await similarity(part, ['a cat']))
  await expect(similarity(file, ['a cat'], [70, 0, 5, 5])).rejects.toThrow('60 × 40')
})

test('a class is the mean over its phrases in its templates, of length 1', async () => {
  const texts = await Promise.all(['cat', 'T1', 'a cat', 'a T1'].map(embed))
  const asked = { name: 'x', phrases: ['cat', 'T1'], templates: ['{}', 'a {}'] }
  const found = (await answer({ kind: 'embed-classes', model, classes: [asked] })) as Float32Array
  const sum = texts[0]!.map((_, i) => texts.reduce((s, text) => s + text[i]!, 0))
  close(
    found,
    sum.map((x) => x / Math.hypot(...sum)),
  )
})

test('texts of a class: its forms in its own templates, or in the others', () => {
  expect(textsOf({ name: 'apple', phrase: 'an apple' }, ['{}', 'a photo of {}'])).toEqual(['apple', 'a photo of an apple'])
  expect(textsOf({ name: 'apple', phrases: ['an apple', 'a $& fruit'] }, ['see {}'])).toEqual(['see an apple', 'see a $& fruit'])
  expect(textsOf({ name: 'apple', templates: ['draw {}'] }, ['see {}'])).toEqual(['draw apple'])
})

test('a long caption counts by its beginning; a long prompt is refused', async () => {
  const long = 'a cat '.repeat(40)
  expect(await answer({ kind: 'similarity', model, file, texts: [long] })).toHaveLength(1)
  await expect(answer({ kind: 'embed-classes', model, classes: [{ name: long }] })).rejects.toThrow('more than the')
})

test('a model without texts is refused', async () => {
  await expect(answer({ kind: 'similarity', model: goldenPath('families/dinov2'), file, texts: ['a cat'] })).rejects.toThrow(
    /comparing images with words/,
  )
})
