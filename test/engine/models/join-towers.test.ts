/** An image tower and a text tower of two folders become one model, which is trained with the image tower locked. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { joinTowers } from '../../../src-main/engine/models/join-towers.ts'
import { goldenPath } from '../../helpers/golden.ts'
import { shapePictures, shapesJob, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

let dir: string
let splits: TrainJob['splits']
beforeAll(async () => {
  dir = temporaryFolder()
  splits = await shapePictures(path.join(dir, 'pictures'))
})
let n = 0
const fresh = () => path.join(dir, `joined-${n++}`)
const folder = (name: string) => goldenPath(`families/${name}`)
const DINO = folder('dinov2')

describe.each([
  ['dinov2', TINY_CLIP],
  ['dinov2-registers-classes', TINY_CLIP],
  ['vit-encoder', folder('dual-bert')],
  ['swin', TINY_CLIP],
  ['../clip/quick', TINY_CLIP],
])('%s', (image, text) => {
  test('towers keep their values under the names of a dual encoder, and embeddings are as long as the image tower is wide', async () => {
    const out = fresh()
    const bert = text !== TINY_CLIP
    // A whole BERT is a folder of its own; that of a dual encoder has its tensors under the same names.
    const source = bert ? alone(text) : text
    const { dim } = await joinTowers({ image: folder(image), text: source, out, seed: 3 })
    const [made, seen, read] = [await openModel(out), await openModel(folder(image)), await openModel(text)]
    expect(made.family.name).toBe('dual encoder')
    expect(made.dim).toBe(dim)
    expect(made.tensors.get('visual_projection.weight')!.shape).toEqual([dim, dim])
    const kept = made.weights.names().filter((name) => !/_projection|logit_scale/.test(name))
    for (const name of kept) {
      const from = name.startsWith('text_model.') ? read : seen
      const original = from.weights
        .names()
        .find(
          (other) => name === other || name.slice(name.indexOf('.')).endsWith(`.${other.replace(/^(dinov2_with_registers|swin)\./, '')}`),
        )
      expect(original, name).toBeDefined()
      expect(made.weights.bytes(name)).toEqual(from.weights.bytes(original!))
    }
    expect(made.weights.float32('logit_scale')[0]).toBeCloseTo(Math.log(1 / 0.07), 3)
    made.close()
    seen.close()
    read.close()
  })
})

/** The text tower of a dual encoder with BERT, as BertModel saves it. */
function alone(dual: string): string {
  const copy = fresh()
  fs.cpSync(dual, copy, { recursive: true })
  const file = path.join(copy, 'config.json')
  const { text_config } = JSON.parse(fs.readFileSync(file, 'utf8')) as { text_config: object }
  fs.writeFileSync(file, JSON.stringify(text_config))
  return copy
}

test('the projection of images keeps lengths, and depends on the seed alone', async () => {
  const projections = []
  for (const [seed, dim] of [
    [1, undefined],
    [1, undefined],
    [2, 40],
  ] as const) {
    const out = fresh()
    await joinTowers({ image: DINO, text: TINY_CLIP, out, seed, ...(dim && { dim }) })
    const model = await openModel(out)
    projections.push(model.weights.float32('visual_projection.weight'))
    model.close()
  }
  expect(projections[1]).toEqual(projections[0])
  const width = 24
  for (const w of [projections[0]!, projections[2]!])
    for (let a = 0; a < width; a++)
      for (let b = 0; b <= a; b++) {
        let sum = 0
        for (let r = 0; r < w.length / width; r++) sum += w[r * width + a]! * w[r * width + b]!
        expect(sum).toBeCloseTo(a === b ? 1 : 0, 5)
      }
})

test('LiT trains the text tower and the temperature, and nothing of the image tower', async () => {
  const base = fresh()
  await joinTowers({ image: DINO, text: TINY_CLIP, out: base, seed: 0 })
  const told = Object.fromEntries(
    Object.entries(splits).map(([split, items]) => [
      split,
      items.map((item, i) => ({ ...item, captions: [`a small ${['circle', 'square', 'stripes'][item.label]} ${i}`] })),
    ]),
  )
  const settings = { epochs: 3, batchSize: 6, lr: 1e-3 }
  const out = fresh()
  const { loss } = await runJob(
    { ...shapesJob(told, { out, cache: path.join(dir, 'cache'), model: base, recipe: 'lit', settings }) },
    { onProgress: () => undefined, isCancelled: () => false },
  )
  expect(loss.at(-1)!).toBeLessThan(loss[0]!)
  const [before, after] = [await openModel(base), await openModel(out)]
  const changed = after.weights
    .names()
    .filter((name) => Buffer.compare(Buffer.from(after.weights.bytes(name)), Buffer.from(before.weights.bytes(name))))
  expect(changed.filter((name) => name.startsWith('vision_model.') || name === 'visual_projection.weight')).toEqual([])
  expect(changed).toContain('text_projection.weight')
  expect(changed).toContain('text_model.final_layer_norm.weight')
  expect(changed).toContain('logit_scale')
  before.close()
  after.close()
})

describe('what cannot be joined is refused in one line', () => {
  test.each([
    [
      'a classifier without the pooler',
      folder('vit'),
      TINY_CLIP,
      'tensor pooler.dense.weight is missing: a classifier was saved without the pooler',
    ],
    [
      'an image tower of another kind',
      folder('siglip'),
      TINY_CLIP,
      'model_type: expected a model with one of these image towers: vit, deit, dinov2, dinov2_with_registers, swin, clip_vision_model, clip, found "siglip"',
    ],
    [
      'a text tower that is none',
      DINO,
      DINO,
      'model_type: expected a model with one of these text towers: clip_text_model, bert, clip, found "dinov2"',
    ],
  ])('%s', async (_, image, text, line) => {
    const out = fresh()
    await expect(joinTowers({ image, text, out, seed: 0 })).rejects.toThrow(line)
    expect(fs.existsSync(out)).toBe(false)
  })
})
