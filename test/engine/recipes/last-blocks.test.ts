import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import type { Model } from '../../../src-main/engine/models/model.ts'
import { tensorsOfLast } from '../../../src-main/engine/recipes/records/last-blocks.ts'
import { openSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { type Batch, lossAndGradients } from '../../helpers/beside.ts'
import { golden, goldenPath, normError } from '../../helpers/golden.ts'
import { filesOf, shapePictures, shapesJob, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

let dir: string
let splits: TrainJob['splits']
let base: Model
beforeAll(async () => {
  dir = temporaryFolder()
  splits = await shapePictures(path.join(dir, 'pictures'))
  base = await openModel(TINY_CLIP)
})
afterAll(() => base.close())

const job = (name: string, settings: TrainJob['settings'] = {}, more: Partial<TrainJob> = {}): TrainJob =>
  shapesJob(splits, {
    ...{ out: path.join(dir, name), cache: path.join(dir, 'cache'), recipe: 'last-blocks' },
    settings: { epochs: 10, batchSize: 6, lr: 1e-2, augmentation: 'none', ...settings },
    ...more,
  })
const quiet = { onProgress: () => undefined, isCancelled: () => false }

test('the gradients of the last block and what follows it are those of PyTorch; those of no other tensor are asked for', async () => {
  const names = tensorsOfLast(base, 1)
  const after = /^(vision_model\.(encoder\.layers\.1\.|post_layernorm\.)|visual_projection\.)/
  expect([...names].sort()).toEqual([...base.tensors.keys()].filter((name) => after.test(name)).sort())
  const { batches, head } = golden<{ batches: Batch[]; head: Record<string, Batch['head']> }>('train.json')
  const { scale } = base.similarity!.of(base.weights)
  const batch = { ...batches[0]!, head: head['head.weight']!, bias: head['head.bias']!, scale }
  const { gradients } = await lossAndGradients(base, batch, { trains: (name) => names.has(name) })
  const expected = openSafetensors(goldenPath('train/classifier-grads.safetensors'))
  expect(Object.keys(gradients).sort()).toEqual([...names].sort())
  for (const name of names) {
    // A bias on the keys shifts all logits of a query alike: its gradient is 0 but for rounding.
    const floor = name.endsWith('k_proj.bias') ? Math.hypot(...expected.float32(name.replace(/bias$/, 'weight'))) : 0
    expect(normError(gradients[name]!, expected.float32(name), floor), name).toBeLessThanOrEqual(1e-3)
  }
  expected.close()
})

test('trains them and the head, and nothing else', async () => {
  const { checkpoint, loss, notes } = await runJob(job('tuned'), quiet)
  expect(loss.at(-1)!).toBeLessThan(0.7 * loss[0]!)
  const tuned = await openModel(checkpoint)
  const changed = tuned.weights.names().filter((name) => tuned.weights.float32(name).some((x, i) => x !== base.weights.float32(name)[i]))
  const names = tensorsOfLast(base, 1)
  expect(changed.sort()).toEqual([...names].sort())
  expect(notes['parameters']).toBe([...names].reduce((n, name) => n + base.weights.float32(name).length, 0))
  tuned.close()
})

test.each([
  ['vit', /encoder\.layer\.1\.|^vit\.layernorm\./],
  ['dinov2', /^encoder\.layer\.1\.|^layernorm\./],
  ['siglip', /^vision_model\.(encoder\.layers\.1|post_layernorm|head)\./],
] as const)('in %s, too, they are the last block and all after it', async (family, after) => {
  const model = await openModel(goldenPath(`families/${family}`))
  const image = [...model.tensors].filter(([, { part }]) => part === 'image').map(([name]) => name)
  expect([...tensorsOfLast(model, 1)].sort()).toEqual(image.filter((name) => after.test(name)).sort())
  model.close()
})

test('stopped and taken up again is bit for bit what it is in one go', async () => {
  const [whole, parts] = [job('whole', { epochs: 3 }), job('parts', { epochs: 3 })]
  const { loss } = await runJob(whole, quiet)
  let steps = 0
  const stopping = { onProgress: ({ phase }: { phase: string }) => void (phase === 'training' && steps++), isCancelled: () => steps >= 2 }
  await expect(runJob(parts, stopping)).rejects.toThrow('cancelled')
  expect((await runJob(parts, quiet)).loss).toEqual(loss)
  const tensors = (of: TrainJob) => Object.entries(filesOf(of.out)).filter(([name]) => name.endsWith('.safetensors'))
  expect(tensors(parts)).toEqual(tensors(whole))
})

test('more blocks than there are are refused in one line', async () => {
  await expect(runJob(job('many', { blocks: 3 }), quiet)).rejects.toThrow(
    'recipe last-blocks: blocks: 3 were asked for, and the image tower has 2',
  )
})
