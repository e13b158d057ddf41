import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { imageFeature, type Model, paramsFor } from '../../../src-main/engine/models/model.ts'
import { gemm, mul } from '../../../src-main/engine/ops/index.ts'
import { overlay } from '../../../src-main/engine/recipes/overlay.ts'
import { readAdapter } from '../../../src-main/engine/recipes/records/lora.ts'
import { AdaptedParams } from '../../../src-main/engine/recipes/tuning-step.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'
import { classify } from '../../../src-main/engine/tasks/classify.ts'
import { zeroShotHead } from '../../../src-main/engine/tasks/embed.ts'
import { openSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { fromMemory } from '../../../src-main/engine/weights/tensors.ts'
import { writeSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { eosIndex } from '../../../src-main/engine/models/clip.ts'
import { feed } from '../../helpers/clip.ts'
import { floats, golden, goldenPath, type GoldenTensor, ints, largestDifference, normError } from '../../helpers/golden.ts'
import { CLASSES, filesOf, shapePictures, shapesJob, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

/** What PEFT saved and answers for it (test/parity/engine/lora.py). */
const ADAPTER = goldenPath('lora')
const expected = golden<
  Record<'pixels' | 'labels' | 'ids' | 'head' | 'imageEmbeds' | 'textEmbeds', GoldenTensor> & { loss: number; scale: number }
>('lora/expected.json')

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
const train = (settings: TrainJob['settings'], more: Partial<TrainJob> = {}) =>
  runJob(shapesJob(splits, { out: path.join(dir, `run-${n++}`), cache: path.join(dir, 'cache'), recipe: 'lora', settings, ...more }), {
    onProgress: () => undefined,
    isCancelled: () => false,
  })
const TUNING = { epochs: 10, batchSize: 6, lr: 2e-2, augmentation: 'none', r: 4 }

const tensorsOf = (file: string) => {
  const open = openSafetensors(file)
  const all = new Map([...open.tensors].map(([name, { shape }]) => [name, { shape, data: open.float32(name) }]))
  open.close()
  return all
}

describe('an adapter that PEFT saved', () => {
  test('gives the loss and the gradients that PyTorch gives', async () => {
    const adapter = readAdapter(ADAPTER, base)
    const graph = new Graph()
    const source = overlay(base.weights, adapter.tensors)
    const p = new AdaptedParams(graph, source, (name) => adapter.tensors.has(name), {}, adapter)
    const feature = imageFeature(base, p, graph.input('pixels', 'float32', expected.pixels.shape))
    const head = graph.constant(floats(expected.head), 'float32', expected.head.shape)
    const logits = mul(gemm(feature, head, undefined, { transB: true }), expected.scale)
    const loss = classify.loss(logits, classify.inputs(graph, expected.labels.shape[0]!))
    graph.output('loss', loss)
    const inputs = p.trainable.map(({ name }) => graph.inputs.find((v) => v.name === `w:${name}`)!)
    gradients(loss, inputs).forEach((g, i) => graph.output(p.trainable[i]!.name, g))
    const session = await Session.create(graph)
    const weights = Object.fromEntries(p.trainable.map(({ name, shape }) => [`w:${name}`, tensor(source.float32(name), 'float32', shape)]))
    const found = await session.run({ pixels: feed(expected.pixels), labels: feed(expected.labels), ...weights })
    await session.release()
    expect((found['loss']!.data as Float32Array)[0]).toBeCloseTo(expected.loss, 4)
    const reference = tensorsOf(path.join(ADAPTER, 'grads.safetensors'))
    expect(p.trainable.map((t) => t.name).sort()).toEqual([...reference.keys()].sort())
    for (const [name, { data }] of reference) expect(normError(found[name]!.data as Float32Array, data), name).toBeLessThanOrEqual(1e-3)
  })

  test('is merged into a checkpoint as PEFT merges it, answers as PEFT’s model does, and is written as it was', async () => {
    const { checkpoint, loss } = await train({ adapter: ADAPTER, epochs: 0 })
    expect(loss).toEqual([])
    const model = await openModel(checkpoint)
    const reference = tensorsOf(path.join(ADAPTER, 'merged.safetensors'))
    for (const name of model.weights.names()) {
      const want = reference.get(name)?.data ?? base.weights.float32(name)
      expect(largestDifference(model.weights.float32(name), want), name).toBeLessThanOrEqual(reference.has(name) ? 1e-7 : 0)
    }
    const graph = new Graph()
    const p = paramsFor(model, graph, model.weights)
    graph.output('image', model.image.embed(p, graph.input('pixels', 'float32', expected.pixels.shape)))
    const [b, t] = expected.ids.shape as [number, number]
    graph.output('text', model.text!.embed(p, model.text!.tokens(p, graph.input('ids', 'int32', [b, t])), graph.input('at', 'int32', [b])))
    const session = await Session.create(graph)
    const at = Int32Array.from({ length: b }, (_, i) =>
      eosIndex(ints(expected.ids).subarray(i * t, (i + 1) * t), model.text!.vocabulary - 1),
    )
    const { image, text } = await session.run({ pixels: feed(expected.pixels), ids: feed(expected.ids), at: tensor(at, 'int32', [b]) })
    await session.release()
    expect(largestDifference(image!.data as Float32Array, floats(expected.imageEmbeds))).toBeLessThanOrEqual(2e-5)
    expect(largestDifference(text!.data as Float32Array, floats(expected.textEmbeds))).toBeLessThanOrEqual(2e-5)
    // The classifier starts from the adapted text tower too.
    const zero = await zeroShotHead(
      model,
      CLASSES.map((name) => ({ name })),
      model.templates,
    )
    expect(largestDifference(model.head!.weight, zero.weight)).toBeLessThanOrEqual(2e-4)
    model.close()
    expect(tensorsOf(path.join(checkpoint, 'adapter/adapter_model.safetensors'))).toEqual(
      tensorsOf(path.join(ADAPTER, 'adapter_model.safetensors')),
    )
    const [ours, theirs] = [checkpoint + '/adapter', ADAPTER].map((d) =>
      JSON.parse(fs.readFileSync(path.join(d, 'adapter_config.json'), 'utf8')),
    )
    const { base_model_name_or_path: of, target_modules: modules, ...same } = ours
    expect(theirs).toMatchObject(same)
    expect(of).toBe(TINY_CLIP)
    expect(new Set(modules.map((m: string) => m.split('.').at(-1)))).toEqual(new Set(theirs.target_modules))
  })

  const changed = async (config: object, tensors?: (all: ReturnType<typeof tensorsOf>) => void) => {
    const folder = path.join(dir, `adapter-${n++}`)
    fs.cpSync(ADAPTER, folder, { recursive: true })
    const file = path.join(folder, 'adapter_config.json')
    fs.writeFileSync(file, JSON.stringify({ ...JSON.parse(fs.readFileSync(file, 'utf8')), ...config }))
    const all = tensorsOf(path.join(folder, 'adapter_model.safetensors'))
    tensors?.(all)
    await writeSafetensors(path.join(folder, 'adapter_model.safetensors'), fromMemory(all))
    return folder
  }
  const one = 'base_model.model.vision_model.encoder.layers.0.self_attn.q_proj.lora_A.weight'
  test.each([
    ['of another kind', { peft_type: 'IA3' }, undefined, 'adapter_config.json: peft_type'],
    ['with DoRA', { use_dora: true }, undefined, 'adapter_config.json: use_dora'],
    ['with whole modules', { modules_to_save: ['classifier'] }, undefined, 'adapter_config.json: modules_to_save'],
    ['with ranks of its own', { rank_pattern: { q_proj: 8 } }, undefined, 'adapter_config.json: rank_pattern'],
    ['of another rank than it says', { r: 5 }, undefined, 'expected shape [5, 32], found [4, 32]'],
    [
      'of another model',
      {},
      (all: Map<string, unknown>) => all.set('base_model.model.h.0.lora_A.weight', all.get(one)),
      'tensor base_model.model.h.0.lora_A.weight: no linear layer',
    ],
    ['without one half', {}, (all: Map<string, unknown>) => all.delete(one), `tensor ${one}: expected shape [4, 32], found none`],
  ] as const)('%s is refused in one line', async (_, config, tensors, line) => {
    await expect(train({ adapter: await changed(config, tensors as never), epochs: 0 })).rejects.toThrow(line)
  })

  test('scaled as rsLoRA has it moves the weights √r times as much', async () => {
    const [plain, rs] = await Promise.all([{}, { use_rslora: true }].map((config) => changed(config)))
    const [a, b] = [readAdapter(plain!, base), readAdapter(rs!, base)]
    expect([a.rslora, b.rslora]).toEqual([false, true])
    const [one, two] = [await train({ adapter: plain!, epochs: 0 }), await train({ adapter: rs!, epochs: 0 })]
    const moved = async (checkpoint: string) => {
      const model = await openModel(checkpoint)
      const name = 'vision_model.encoder.layers.0.self_attn.q_proj.weight'
      const by = model.weights.float32(name).map((x, i) => x - base.weights.float32(name)[i]!)
      model.close()
      return Math.hypot(...by)
    }
    expect((await moved(two.checkpoint)) / (await moved(one.checkpoint))).toBeCloseTo(2, 4)
  })
})

test('before the first step it is the base model exactly', async () => {
  const { checkpoint } = await train({ ...TUNING, epochs: 0 })
  const model = await openModel(checkpoint)
  for (const name of base.weights.names()) expect(model.weights.float32(name), name).toEqual(base.weights.float32(name))
  model.close()
  const [adapted, all] = [await train(TUNING), await train({ epochs: 10, batchSize: 6, lr: 2e-2, augmentation: 'none' }, { recipe: 'ft' })]
  expect(adapted.loss[0]).toBe(all.loss[0])
})

test('trains the modules asked for, and the checkpoint is the base with its adapter merged', async () => {
  const { checkpoint, loss, notes } = await train({ ...TUNING, targets: 'q_proj, v_proj' })
  expect(loss.at(-1)!).toBeLessThan(0.8 * loss[0]!)
  expect(notes).toMatchObject({ modules: 4, r: 4, alpha: 8 })
  const model = await openModel(checkpoint)
  const changed = model.weights.names().filter((name) => model.weights.float32(name).some((x, i) => x !== base.weights.float32(name)[i]))
  expect(changed).toEqual(base.weights.names().filter((name) => /^vision_model.*\.(q|v)_proj\.weight$/.test(name)))
  const again = await train({ adapter: path.join(checkpoint, 'adapter'), epochs: 0 })
  const merged = await openModel(again.checkpoint)
  for (const name of model.weights.names()) expect(merged.weights.float32(name), name).toEqual(model.weights.float32(name))
  merged.close()
  model.close()
})

test('adapts every linear layer of the image tower by default, and of no other', async () => {
  const { notes } = await train({ ...TUNING, epochs: 1 })
  const linear = [...base.tensors].filter(([, { part, kind, shape }]) => part === 'image' && kind === 'weight' && shape.length === 2)
  expect(notes['modules']).toBe(linear.length)
  const siglip = await train({ ...TUNING, epochs: 1 }, { model: goldenPath('families/siglip') })
  const tuned = Object.keys(JSON.parse(fs.readFileSync(path.join(siglip.checkpoint, 'adapter/adapter_config.json'), 'utf8')))
  expect(tuned).toContain('target_modules')
  const adapter = tensorsOf(path.join(siglip.checkpoint, 'adapter/adapter_model.safetensors'))
  expect([...adapter.keys()].filter((name) => name.includes('head.attention'))).toEqual([]) // PEFT would not reach them
  await expect(train({ ...TUNING, targets: 'query' })).rejects.toThrow(
    'recipe lora: targets: the image tower has no linear layer called "query": expected all-linear or some of q_proj, k_proj, v_proj, out_proj',
  )
})

test('stopped and taken up again is bit for bit what it is in one go', async () => {
  const job = (name: string) =>
    shapesJob(splits, { out: path.join(dir, name), cache: path.join(dir, 'cache'), recipe: 'lora', settings: { ...TUNING, epochs: 3 } })
  const quiet = { onProgress: () => undefined, isCancelled: () => false }
  const { loss } = await runJob(job('whole'), quiet)
  let steps = 0
  const stopping = { onProgress: ({ phase }: { phase: string }) => void (phase === 'training' && steps++), isCancelled: () => steps >= 2 }
  await expect(runJob(job('parts'), stopping)).rejects.toThrow('cancelled')
  expect((await runJob(job('parts'), quiet)).loss).toEqual(loss)
  const tensors = (name: string) => Object.entries(filesOf(path.join(dir, name))).filter(([file]) => file.endsWith('.safetensors'))
  expect(tensors('parts')).toEqual(tensors('whole'))
  expect(tensors('whole').map(([file]) => file)).toContain('adapter/adapter_model.safetensors')
})
