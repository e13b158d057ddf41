import { expect, test } from 'vitest'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { tensorsOfLast } from '../../../src-main/engine/recipes/records/last-blocks.ts'
import { openSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { type Batch, lossAndGradients } from '../../helpers/beside.ts'
import { golden, goldenPath, normError } from '../../helpers/golden.ts'
import { quiet, recipeJobs, resumesToTheBit } from '../../helpers/recipe-jobs.ts'

const jobs = recipeJobs('last-blocks', { epochs: 10, lr: 1e-2 })
const { job } = jobs

test('the gradients of the last block and what follows it are those of PyTorch; those of no other tensor are asked for', async () => {
  const names = tensorsOfLast(jobs.base, 1)
  const after = /^(vision_model\.(encoder\.layers\.1\.|post_layernorm\.)|visual_projection\.)/
  expect([...names].sort()).toEqual([...jobs.base.tensors.keys()].filter((name) => after.test(name)).sort())
  const { batches, head } = golden<{ batches: Batch[]; head: Record<string, Batch['head']> }>('train.json')
  const { scale } = jobs.base.similarity!.of(jobs.base.weights)
  const batch = { ...batches[0]!, head: head['head.weight']!, bias: head['head.bias']!, scale }
  const { gradients } = await lossAndGradients(jobs.base, batch, { trains: (name) => names.has(name) })
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
  const changed = tuned.weights
    .names()
    .filter((name) => tuned.weights.float32(name).some((x, i) => x !== jobs.base.weights.float32(name)[i]))
  const names = tensorsOfLast(jobs.base, 1)
  expect(changed.sort()).toEqual([...names].sort())
  expect(notes['parameters']).toBe([...names].reduce((n, name) => n + jobs.base.weights.float32(name).length, 0))
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

test('stopped and taken up again is bit for bit what it is in one go', () =>
  resumesToTheBit(job('whole', { epochs: 3 }), job('parts', { epochs: 3 })))

test('more blocks than there are are refused in one line', async () => {
  await expect(runJob(job('many', { blocks: 3 }), quiet)).rejects.toThrow(
    'recipe last-blocks: blocks: 3 were asked for, and the image tower has 2',
  )
})
