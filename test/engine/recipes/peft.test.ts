/** Kinds of adapters that PEFT has, besides LoRA (lora.test.ts): what they compute, and the folders that both read. */
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import type { Model } from '../../../src-main/engine/models/model.ts'
import { readLowRank } from '../../../src-main/engine/recipes/low-rank.ts'
import { readIa3 } from '../../../src-main/engine/recipes/records/ia3.ts'
import { openSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { type Batch, embeddings, lossAndGradients } from '../../helpers/beside.ts'
import { floats, golden, goldenPath, type GoldenTensor, largestDifference, normError } from '../../helpers/golden.ts'
import { filesOf, shapePictures, shapesJob, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

/** What PEFT saved and answers for it (test/parity/engine/peft_kinds.py), on the batch of lora.py. */
interface Reference extends Record<'imageEmbeds' | 'textEmbeds', GoldenTensor> {
  readonly loss: number
  readonly parameters: number
  readonly gradients: Record<string, GoldenTensor>
}
const references = golden<Record<'rslora' | 'dora' | 'ia3', Reference>>('peft.json')
const batch = golden<Batch & { ids: GoldenTensor }>('lora/expected.json')

const kinds = {
  rslora: { recipe: 'lora', read: (dir: string, model: Model) => readLowRank(dir, model, false) },
  dora: { recipe: 'dora', read: (dir: string, model: Model) => readLowRank(dir, model, true) },
  ia3: { recipe: 'ia3', read: readIa3 },
}

let dir: string
let splits: TrainJob['splits']
let base: Model
beforeAll(async () => {
  dir = temporaryFolder()
  splits = await shapePictures(path.join(dir, 'pictures'))
  base = await openModel(TINY_CLIP)
})
afterAll(() => base.close())

let n = 0
const job = (recipe: string, settings: TrainJob['settings'], more: Partial<TrainJob> = {}) =>
  shapesJob(splits, { out: path.join(dir, `run-${n++}`), cache: path.join(dir, 'cache'), recipe, settings, ...more })
const quiet = { onProgress: () => undefined, isCancelled: () => false }
const TUNING = { epochs: 8, batchSize: 6, lr: 5e-2, augmentation: 'none' }

const tensorsOf = (file: string) => {
  const open = openSafetensors(file)
  const all = new Map([...open.tensors].map(([name, { shape }]) => [name, { shape, data: open.float32(name) }]))
  open.close()
  return all
}

describe.each(Object.entries(kinds))('%s', (kind, { recipe, read }) => {
  const adapterDir = goldenPath(`peft/${kind}`)
  const reference = references[kind as keyof typeof kinds]

  test('trains what PEFT trains, with its loss and its gradients', async () => {
    const { loss, gradients } = await lossAndGradients(base, batch, { adapter: read(adapterDir, base) })
    expect(loss).toBeCloseTo(reference.loss, 4)
    expect(Object.keys(gradients).sort()).toEqual(Object.keys(reference.gradients).sort())
    expect(Object.values(gradients).reduce((sum, g) => sum + g.length, 0)).toBe(reference.parameters)
    for (const [name, g] of Object.entries(reference.gradients))
      expect(normError(gradients[name]!, floats(g)), name).toBeLessThanOrEqual(1e-3)
  })

  test('what PEFT saved is merged into a checkpoint that answers as PEFT’s model does, and is written as it was', async () => {
    const { checkpoint } = await runJob(job(recipe, { adapter: adapterDir, epochs: 0 }), quiet)
    const model = await openModel(checkpoint)
    const [whole, beside] = [await embeddings(model, batch), await embeddings(base, batch, read(adapterDir, base))]
    model.close()
    for (const found of [whole, beside]) {
      expect(largestDifference(found.image, floats(reference.imageEmbeds))).toBeLessThanOrEqual(2e-5)
      expect(largestDifference(found.text!, floats(reference.textEmbeds))).toBeLessThanOrEqual(2e-5)
    }
    const [ours, theirs] = [path.join(checkpoint, 'adapter'), adapterDir]
    expect(tensorsOf(path.join(ours, 'adapter_model.safetensors'))).toEqual(tensorsOf(path.join(theirs, 'adapter_model.safetensors')))
    const [mine, its] = [ours, theirs].map((d) => JSON.parse(fs.readFileSync(path.join(d, 'adapter_config.json'), 'utf8')))
    const last = (modules?: string[]) => modules && new Set(modules.map((m) => m.split('.').at(-1)))
    const { base_model_name_or_path: of, target_modules: modules, feedforward_modules: inputs, ...same } = mine
    expect(its).toMatchObject(same)
    expect(of).toBe(TINY_CLIP)
    expect([last(modules), last(inputs)]).toEqual([new Set(its.target_modules), last(its.feedforward_modules)])
  })

  test('learns from the base model on, and the checkpoint is the base with its adapter merged', async () => {
    const settings = { ...TUNING, ...(kind === 'rslora' && { rslora: true, lr: 2e-2 }) }
    const { checkpoint, loss, notes } = await runJob(job(recipe, settings), quiet)
    const { loss: whole } = await runJob(job('ft', { ...TUNING, epochs: 1 }), quiet)
    expect(Math.abs(loss[0]! - whole[0]!)).toBeLessThanOrEqual(kind === 'dora' ? 1e-5 : 0)
    expect(loss.at(-1)!).toBeLessThan(0.8 * loss[0]!)
    const adapter = read(path.join(checkpoint, 'adapter'), base)
    expect(notes['parameters']).toBe([...adapter.tensors.values()].reduce((sum, { data }) => sum + data.length, 0))
    const model = await openModel(checkpoint)
    const changed = model.weights.names().filter((name) => model.weights.float32(name).some((x, i) => x !== base.weights.float32(name)[i]))
    expect(changed.sort()).toEqual([...adapter.changes].sort())
    const [merged, beside] = [await embeddings(model, batch), await embeddings(base, batch, adapter)]
    expect(largestDifference(merged.image, (await embeddings(base, batch)).image)).toBeGreaterThan(1e-2)
    expect(largestDifference(merged.image, beside.image)).toBeLessThanOrEqual(1e-4)
    model.close()
  })
})

test.each(['dora', 'ia3'])('%s stopped and taken up again is bit for bit what it is in one go', async (recipe) => {
  const settings = { ...TUNING, epochs: 3 }
  const [whole, parts] = [job(recipe, settings), job(recipe, settings)]
  const { loss } = await runJob(whole, quiet)
  let steps = 0
  const stopping = { onProgress: ({ phase }: { phase: string }) => void (phase === 'training' && steps++), isCancelled: () => steps >= 2 }
  await expect(runJob(parts, stopping)).rejects.toThrow('cancelled')
  expect((await runJob(parts, quiet)).loss).toEqual(loss)
  const tensors = (of: TrainJob) => Object.entries(filesOf(of.out)).filter(([name]) => name.endsWith('.safetensors'))
  expect(tensors(parts)).toEqual(tensors(whole))
})

const adapted = (checkpoint: string): string[] =>
  JSON.parse(fs.readFileSync(path.join(checkpoint, 'adapter/adapter_config.json'), 'utf8')).target_modules

test('layers are named by what they do, in every family', async () => {
  const of = async (settings: TrainJob['settings'], more: Partial<TrainJob> = {}) =>
    adapted((await runJob(job('lora', { ...settings, epochs: 0, head: 'random' }, more), quiet)).checkpoint)
  const layer = 'vision_model.encoder.layers'
  expect(await of({ targets: 'q+mlp', place: 'first-half' })).toEqual([
    `${layer}.0.self_attn.q_proj`,
    `${layer}.0.mlp.fc1`,
    `${layer}.0.mlp.fc2`,
  ])
  expect(await of({ targets: 'o', place: 'last-half' })).toEqual([`${layer}.1.self_attn.out_proj`])
  for (const family of ['vit', 'deit', 'dinov2', 'dinov2-swiglu', 'siglip', 'groupvit']) {
    const folder = goldenPath(`families/${family}`)
    const modules = await of({ targets: 'q, k, v, o, fc1, fc2', place: 'last-half' }, { model: folder })
    const names = modules.map((m) => m.replace(/^.*\.\d+\./, ''))
    expect(new Set(names).size, family).toBeGreaterThanOrEqual(6)
  }
})

describe('in one line is refused', () => {
  const refused = (recipe: string, settings: TrainJob['settings']) => expect(runJob(job(recipe, settings), quiet)).rejects
  test('an adapter of another kind', async () => {
    await refused('dora', { adapter: goldenPath('lora') }).toThrow('adapter_config.json: use_dora')
    await refused('ia3', { adapter: goldenPath('lora') }).toThrow('adapter_config.json: peft_type')
  })
  test('a layer that there is not', async () => {
    await refused('ia3', { targets: 'k, qkv' }).toThrow('recipe ia3: targets: the image tower has no linear layer called "qkv"')
  })
  test('a budget that is too small', async () => {
    await refused('lora', { budget: 0.1, targets: 'q' }).toThrow(
      /^recipe lora: budget: 0.1% are \d+ parameters, too few for rank 1 in 2 layers, which takes 128/,
    )
  })
})

test.each([
  ['lora', 1300, 10],
  ['dora', 1300, 9],
  ['lora', 10_000, 32],
] as const)('%s within %i parameters has rank %i', async (recipe, most, r) => {
  const tower = [...base.tensors.values()].filter(({ part }) => part === 'image').flatMap(({ shape }) => shape.reduce((n, d) => n * d, 1))
  const budget = (100 * most) / tower.reduce((n, size) => n + size, 0)
  const { notes } = await runJob(job(recipe, { budget, targets: 'q', epochs: 0 }), quiet)
  expect(notes).toMatchObject({ r, modules: 2 })
  expect(notes['parameters']).toBeLessThanOrEqual(most)
})
