import { expect, test } from 'vitest'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { withWeights } from '../../../src-main/engine/recipes/overlay.ts'
import { newSsf, ssf } from '../../../src-main/engine/recipes/records/ssf.ts'
import { merged } from '../../../src-main/engine/recipes/reparametrise.ts'
import { type Batch, embeddings, lossAndGradients } from '../../helpers/beside.ts'
import { floats, golden, goldenPath, type GoldenTensor, largestDifference, normError } from '../../helpers/golden.ts'
import { TINY_CLIP } from '../../helpers/pictures.ts'
import { quiet, recipeJobs, resumesToTheBit } from '../../helpers/recipe-jobs.ts'

/** The published mathematics in PyTorch (test/parity/engine/beside.py), on the batch of lora.py. */
const reference = golden<{
  ssf: Record<'tensors' | 'gradients', Record<string, GoldenTensor>> & { imageEmbeds: GoldenTensor; loss: number; parameters: number }
}>('beside.json').ssf
const batch = golden<Batch>('lora/expected.json')
const given = new Map(Object.entries(reference.tensors).map(([name, t]) => [name, { shape: t.shape, data: floats(t) }]))

const jobs = recipeJobs('ssf', { epochs: 10, lr: 2e-2 })
const { job } = jobs

test('loss and gradients of every scale and shift are PyTorch’s, and there are as many', async () => {
  const { loss, gradients } = await lossAndGradients(jobs.base, batch, { adapter: ssf(jobs.base, given) })
  expect(loss).toBeCloseTo(reference.loss, 3)
  expect(Object.keys(gradients).sort()).toEqual(Object.keys(reference.gradients).sort())
  expect(Object.values(gradients).reduce((sum, g) => sum + g.length, 0)).toBe(reference.parameters)
  const largest = Math.max(...Object.values(reference.gradients).map((g) => Math.hypot(...floats(g))))
  for (const [name, g] of Object.entries(reference.gradients)) {
    // A shift of the keys shifts all logits of a query alike: its gradient is 0 but for rounding.
    const floor = name.endsWith('k_proj.ssf_shift') ? largest : 0
    expect(normError(gradients[name]!, floats(g), floor), name).toBeLessThanOrEqual(1e-3)
  }
})

test('merged, the model answers as with its scales and shifts beside it, and as PyTorch’s', async () => {
  const method = ssf(jobs.base, given)
  const beside = await embeddings(jobs.base, batch, method)
  const whole = await embeddings(withWeights(jobs.base, merged(jobs.base, method)), batch)
  expect(largestDifference(whole.image, beside.image)).toBeLessThanOrEqual(1e-4)
  expect(largestDifference(whole.image, floats(reference.imageEmbeds))).toBeLessThanOrEqual(1e-4)
})

test.each([TINY_CLIP, ...['vit', 'siglip', 'dinov2', 'groupvit'].map((name) => goldenPath(`families/${name}`))])(
  'in %s every layer of the image tower has a scale, and those with a bias a shift',
  async (folder) => {
    const model = await openModel(folder)
    const method = newSsf(model, 0)
    const ours = [...model.tensors].filter(([, { part, packed }]) => part === 'image' && !packed)
    const scaled = ours.filter(
      ([name, { kind, ofNorm, shape }]) => name.endsWith('.weight') && (ofNorm || (kind === 'weight' && shape.length > 1)),
    )
    const expected = scaled.reduce(
      (n, [name, { shape }]) => n + shape[0]! * (model.tensors.has(name.replace(/weight$/, 'bias')) ? 2 : 1),
      0,
    )
    expect([...method.tensors.values()].reduce((n, { data }) => n + data.length, 0)).toBe(expected)
    for (const name of method.changes) expect(model.tensors.get(name)!.part, name).toBe('image')
    model.close()
  },
)

test('learns, and what it changes is the image tower’s layers and the head', async () => {
  const { checkpoint, loss, notes } = await runJob(job('tuned'), quiet)
  expect(loss.at(-1)!).toBeLessThan(0.7 * loss[0]!)
  const method = newSsf(jobs.base, 0)
  expect(notes['parameters']).toBe([...method.tensors.values()].reduce((n, { data }) => n + data.length, 0))
  const tuned = await openModel(checkpoint)
  const changed = tuned.weights
    .names()
    .filter((name) => tuned.weights.float32(name).some((x, i) => x !== jobs.base.weights.float32(name)[i]))
  expect(changed.sort()).toEqual([...method.changes].sort())
  tuned.close()
})

test('stopped and taken up again is bit for bit what it is in one go', () =>
  resumesToTheBit(job('whole', { epochs: 3 }), job('parts', { epochs: 3 })))
