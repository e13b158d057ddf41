import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { type EvaluateJob, predictionsOf } from '#shared/model/job.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { mergeCheckpoints } from '../../../src-main/engine/merge/merge.ts'
import { withBottlenecks } from '../../../src-main/engine/models/bottleneck.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { withParts } from '../../../src-main/engine/recipes/overlay.ts'
import { type Batch, embeddings, lossAndGradients } from '../../helpers/beside.ts'
import { floats, golden, goldenPath, type GoldenTensor, largestDifference, normError } from '../../helpers/golden.ts'
import { quiet, recipeJobs, resumesToTheBit } from '../../helpers/recipe-jobs.ts'

/** The published mathematics in PyTorch (test/parity/engine/beside.py), on the batch of lora.py. */
interface Reference extends Record<'tensors' | 'gradients', Record<string, GoldenTensor>> {
  readonly imageEmbeds: GoldenTensor
  readonly loss: number
  readonly parameters: number
}
const references = golden<Record<'houlsby' | 'pfeiffer', Reference>>('beside.json')
const batch = golden<Batch>('lora/expected.json')

const jobs = recipeJobs('adapter', { epochs: 3, lr: 3e-2, width: 8 })
const { job } = jobs
const isNorm = (name: string) => jobs.base.tensors.get(name)?.part === 'image' && jobs.base.tensors.get(name)?.ofNorm === true

describe.each(['houlsby', 'pfeiffer'] as const)('%s', (form) => {
  const reference = references[form]
  const tensors = new Map(Object.entries(reference.tensors).map(([name, t]) => [name, { shape: t.shape, data: floats(t) }]))
  const adapter = { tensors, adapt: <V>(_: string, value: V) => value }

  test('answers, loss and gradients are PyTorch’s, of as many parameters', async () => {
    const model = withParts(jobs.base, withBottlenecks(jobs.base, { form, width: 3 }))
    const trains = (name: string) => tensors.has(name) || (form === 'houlsby' && isNorm(name))
    const { loss, gradients } = await lossAndGradients(model, batch, { adapter, trains })
    expect(largestDifference((await embeddings(model, batch, adapter)).image, floats(reference.imageEmbeds))).toBeLessThanOrEqual(2e-5)
    expect(loss).toBeCloseTo(reference.loss, 4)
    expect(Object.keys(gradients).sort()).toEqual(Object.keys(reference.gradients).sort())
    expect(Object.values(gradients).reduce((sum, g) => sum + g.length, 0)).toBe(reference.parameters)
    for (const [name, g] of Object.entries(reference.gradients))
      expect(normError(gradients[name]!, floats(g)), name).toBeLessThanOrEqual(1e-3)
  })

  test('begins near the base, trains its adapters and the head, and opens with them as it was trained', async () => {
    const { checkpoint, loss, notes, measured } = await runJob(job(form, { form, epochs: 10 }), quiet)
    const { loss: whole } = await runJob(
      job(`${form}-ft`, {}, { recipe: 'ft', settings: { epochs: 1, batchSize: 6, augmentation: 'none' } }),
      quiet,
    )
    expect(Math.abs(loss[0]! - whole[0]!)).toBeLessThan(0.02)
    expect(loss.at(-1)!).toBeLessThan(0.8 * loss[0]!)
    const tuned = await openModel(checkpoint)
    const changed = jobs.base.weights
      .names()
      .filter((name) => tuned.weights.float32(name).some((x, i) => x !== jobs.base.weights.float32(name)[i]))
    const norms = form === 'houlsby' ? jobs.base.weights.names().filter(isNorm) : []
    expect(changed.sort()).toEqual(norms.sort())
    const own = [...tuned.tensors.keys()].filter((name) => !jobs.base.tensors.has(name))
    expect(own.length).toBe(4 * (form === 'houlsby' ? 4 : 2))
    expect(notes['parameters']).toBe([...own, ...norms].reduce((n, name) => n + tuned.weights.float32(name).length, 0))
    tuned.close()
    const evaluated: EvaluateJob = {
      ...{
        kind: 'evaluate',
        task: 'classify',
        checkpoint,
        cache: '',
        splits: jobs.splits,
        device: 'cpu',
        templates: null,
        classes: job('x').classes,
      },
    }
    const again = await runJob(evaluated, quiet)
    expect(predictionsOf(again.measured)['train']!.accuracy).toBe(predictionsOf(measured)['train']!.accuracy)
  })
})

test('stopped and taken up again is bit for bit what it is in one go', () =>
  resumesToTheBit(job('whole', { form: 'houlsby' }), job('parts', { form: 'houlsby' })))

test('it is fine-tuned, adapters included, and blended with its like; a second set of adapters is refused in one line', async () => {
  const from = path.join(jobs.dir, 'whole')
  const { checkpoint } = await runJob(
    job('tuned', {}, { recipe: 'ft', model: from, settings: { epochs: 1, batchSize: 6, lr: 1e-2 } }),
    quiet,
  )
  const [before, after] = [await openModel(from), await openModel(checkpoint)]
  const name = [...before.tensors.keys()].find((n) => n.endsWith('adapter.up.weight'))!
  expect(after.weights.float32(name)).not.toEqual(before.weights.float32(name))
  before.close()
  after.close()
  const out = path.join(jobs.dir, 'soup')
  await mergeCheckpoints({ method: { name: 'uniform' }, ingredients: [from, checkpoint], out })
  const soup = await openModel(out)
  expect(soup.tensors.has(name)).toBe(true)
  soup.close()
  await expect(runJob(job('twice', {}, { model: from }), quiet)).rejects.toThrow(/^recipe adapter: the model has adapters already/)
})

test.each(['vit', 'deit-teacher', 'dinov2', 'dinov2-swiglu', 'siglip', 'groupvit'])('%s is tuned by adapters', async (name) => {
  const settings = { head: 'random', epochs: 1, form: 'houlsby' }
  const { checkpoint, loss } = await runJob(job(`of-${name}`, settings, { model: goldenPath(`families/${name}`) }), quiet)
  expect(loss.every(Number.isFinite)).toBe(true)
  const [before, after] = [await openModel(goldenPath(`families/${name}`)), await openModel(checkpoint)]
  const moved = [...after.tensors.keys()].filter((n) => !before.tensors.has(n) && n.endsWith('up.bias'))
  for (const bias of moved)
    expect(
      after.weights.float32(bias).some((x) => x !== 0),
      bias,
    ).toBe(true)
  expect(moved.length).toBeGreaterThan(2)
  before.close()
  after.close()
})
