/** A plan states what the run then does: its parameters and steps, before anything is computed. */
import path from 'node:path'
import { beforeAll, expect, it, test } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import { extentSchema } from '#shared/model/outline.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { outlineOf } from '../../../src-main/engine/rehearsal/outline.ts'
import { readHead } from '../../../src-main/engine/weights/head.ts'
import { openSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { CLASSES, filesOf, shapePictures, shapesJob, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

let dir: string
let splits: TrainJob['splits']
const hooks = { onProgress: () => undefined, isCancelled: () => false }
beforeAll(async () => {
  dir = temporaryFolder()
  const { train, val } = await shapePictures(path.join(dir, 'pictures'))
  splits = { train: train.slice(0, 11), val: val.slice(0, 3) }
})

async function outline(recipe: string, settings: Record<string, unknown>, images: Record<string, number> = { train: 11, val: 3 }) {
  const model = await openModel(TINY_CLIP)
  try {
    return await outlineOf(model, { recipe, settings, extent: { classes: CLASSES, images, regions: 0 } })
  } finally {
    model.close()
  }
}

/** Elements of the tensors that differ from the base's, and of the classifier. */
function changed(folder: string): number {
  const [now, base] = [folder, TINY_CLIP].map((f) => openSafetensors(path.join(f, 'model.safetensors'))) as [
    ReturnType<typeof openSafetensors>,
    ReturnType<typeof openSafetensors>,
  ]
  let n = 0
  for (const name of now.tensors.keys()) if (!Buffer.from(now.bytes(name)).equals(base.bytes(name))) n += now.float32(name).length
  for (const file of [now, base]) file.close()
  const { weight, bias } = readHead(folder)
  return n + weight.length + bias.length
}

test.each([
  ['ft', { epochs: 3, batchSize: 4, lr: 1e-2 }],
  ['lp-ft', { epochs: 1, batchSize: 2, accumulate: 3, lr: 1e-2, cCount: 2 }],
  ['norm-only', { epochs: 2, batchSize: 32, lr: 1e-2 }],
  ['lp', { cCount: 2 }],
] as const)('%s trains as many parameters in as many steps as its outline says', async (recipe, settings) => {
  const planned = await outline(recipe, settings)
  const job = shapesJob(splits, { out: path.join(dir, recipe), cache: path.join(dir, 'cache'), recipe, settings })
  const { notes } = await runJob(job, hooks)
  expect(planned.steps).toBe(notes['steps'] ?? 0)
  expect(planned.parameters.trained).toBe(changed(job.out))
})

test.each([
  ['coop', { epochs: 2, contextLength: 3 }],
  ['lora', { epochs: 2, r: 2 }],
] as const)('%s trains only what it adds', async (recipe, settings) => {
  const planned = await outline(recipe, settings)
  const job = shapesJob(splits, { out: path.join(dir, recipe), cache: path.join(dir, 'cache'), recipe, settings })
  const { notes } = await runJob(job, hooks)
  const files = { coop: 'prompt.safetensors', lora: 'adapter/adapter_model.safetensors' }
  const added = openSafetensors(path.join(job.out, files[recipe]))
  const own = [...added.tensors.keys()].reduce((n, name) => n + added.float32(name).length, 0)
  added.close()
  const head = recipe === 'lora' ? CLASSES.length * (readHead(job.out).dim + 1) : 0 // a prompt makes its classifier anew
  expect(planned.steps).toBe(notes['steps'])
  expect(planned.parameters.trained).toBe(own + head)
})

it('nothing is trained by zero-shot, and nothing of a project without images', async () => {
  expect(await outline('zero-shot', {})).toMatchObject({ steps: 0, parameters: { trained: 0 } })
  expect(await outline('ft', {}, { train: 0 })).toMatchObject({ steps: 0, parameters: { trained: 0 } })
})

it('memory grows with the batch by its activations, with a moving average by its moments, and the parts are the total', async () => {
  const [one, four, averaged] = await Promise.all([
    outline('ft', { batchSize: 2 }, { train: 100 }),
    outline('ft', { batchSize: 8 }, { train: 100 }),
    outline('ft', { batchSize: 2, ema: 0.9 }, { train: 100 }),
  ])
  expect((four.memory.activations + four.memory.gradients) / (one.memory.activations + one.memory.gradients)).toBeGreaterThan(2)
  const bytes = 4 * one.parameters.trained
  expect(one.memory.moments).toBe(2 * bytes)
  expect(averaged.memory.moments).toBe(3 * bytes)
  expect(one.disk.state).toBe(3 * bytes)
  const { total, ...parts } = one.memory
  expect(Object.values(parts).reduce((a, b) => a + b, 0)).toBeCloseTo(total, 0)
})

test.each(['ft', 'lora', 'coop', 'cocoop', 'captions', 'lit', 'flyp'])('%s holds less with gradient checkpointing', async (recipe) => {
  const held = async (checkpointing: boolean) => (await outline(recipe, { batchSize: 8, checkpointing }, { train: 16 })).memory.activations
  expect(await held(true)).toBeLessThan(await held(false))
})

it('a setting out of range and a model that cannot do it are refused in one line', async () => {
  await expect(outline('ft', { epochs: 0 })).rejects.toThrow('recipe ft: epochs: ')
  await expect(outline('detect-ft', {})).rejects.toThrow('detect')
})

it('a rehearsal measures each part on some of the images, and leaves no file', async () => {
  const before = filesOf(dir)
  const { out: _, dataHash: __, saveEverySeconds: ___, ...job } = shapesJob(splits, { out: '', cache: path.join(dir, 'cache') })
  const seen: string[] = []
  const rehearse = (recipe: string, settings = {}) =>
    runJob({ ...job, kind: 'rehearse', recipe, settings }, { ...hooks, onProgress: (p) => seen.push(`${p.phase} ${p.loss ?? ''}`.trim()) })
  const { pace } = await rehearse('ft', { epochs: 50, batchSize: 2 })
  expect(pace).toMatchObject({ device: 'cpu', feature: null, probe: null })
  for (const part of [pace.step, pace.firstStep, pace.evaluation, pace.decoded]) expect(part).toBeGreaterThan(0)
  expect(seen.filter((p) => p === 'training').length).toBeLessThan(20) // of 250 steps
  expect(seen.every((p) => !p.startsWith('training '))).toBe(true) // its losses are no run's curve
  const probe = await rehearse('lp', { cCount: 2 })
  expect(probe.pace.step).toBeNull()
  for (const part of [probe.pace.feature, probe.pace.probe]) expect(part).toBeGreaterThan(0)
  expect(Object.keys(filesOf(dir))).toEqual(Object.keys(before))
})

test.each(['captions', 'lit', 'openseg'])('%s is outlined for images with captions alone: no class is needed', async (recipe) => {
  const model = await openModel(TINY_CLIP)
  try {
    const extent = extentSchema.parse({ classes: [], images: { train: 11, val: 3 } }) // as it is asked of the engine
    expect((await outlineOf(model, { recipe, settings: { epochs: 2, batchSize: 4 }, extent })).parameters.trained).toBeGreaterThan(0)
  } finally {
    model.close()
  }
})
