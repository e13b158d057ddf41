/** Fine-tuning of a segmenter: PyTorch's gradients, what is trained and what is not, and better masks of held-out scenes. */
import { cpSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, test, vi } from 'vitest'
import sharp from 'sharp'
import { rleFromBitmap } from '#shared/geometry/rle.ts'
import type { Item, TrainJob } from '#shared/model/job.ts'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { type Model, paramsFor } from '../../../src-main/engine/models/model.ts'
import type { Params } from '../../../src-main/engine/nn/params.ts'
import { trainedPart } from '../../../src-main/engine/recipes/beside.ts'
import { segmentStep } from '../../../src-main/engine/recipes/segment.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'
import { Renderers } from '../../../src-main/engine/data/renderers.ts'
import { Rng } from '../../../src-main/engine/data/rng.ts'
import { readRecord } from '../../../src-main/engine/weights/checkpoint.ts'
import { feed } from '../../helpers/clip.ts'
import { floats, golden, goldenPath, type GoldenTensor, normError } from '../../helpers/golden.ts'
import { filesOf, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

const TINY_CLIPSEG = goldenPath('../models/clipseg')
const quiet = { onProgress: () => undefined, isCancelled: () => false }

interface Step {
  readonly gradients: Record<string, GoldenTensor>
  readonly loss: number
  readonly pixels: GoldenTensor
  readonly asked: GoldenTensor
  readonly wanted: GoldenTensor
}
const step = () => golden<Step>('../models/clipseg-step.json')

/** Loss and gradients of the golden step, for a choice of trained weights. */
async function ownStep(model: Model, params: (graph: Graph) => Params, initial: (name: string) => Float32Array) {
  const e = step()
  const graph = new Graph()
  const images = e.pixels.shape[0]!
  const { loss, parameters } = segmentStep(graph, model, { images, queries: e.asked.shape[0]! / images, params })
  graph.output('loss', loss)
  gradients(
    loss,
    parameters.map(({ name }) => graph.inputs.find((v) => v.name === `w:${name}`)!),
  ).forEach((g, i) => graph.output(parameters[i]!.name, g))
  const session = await Session.create(graph)
  const weights = Object.fromEntries(parameters.map(({ name, shape }) => [`w:${name}`, tensor(initial(name), 'float32', shape)]))
  const found = await session.run({ pixels: feed(e.pixels), asked: feed(e.asked), wanted: feed(e.wanted), ...weights })
  await session.release()
  const values = Object.fromEntries(Object.entries(found).map(([name, { data }]) => [name, data as Float32Array]))
  return { loss: values['loss']![0]!, gradient: (name: string) => values[name]!, names: parameters.map(({ name }) => name).sort() }
}

test('one step has the loss of PyTorch within 1e-5 and its gradients within 1e-3', async () => {
  const e = step()
  const model = await openModel(TINY_CLIPSEG)
  const trains = (name: string) => model.tensors.isOf(name, 'masks', 'image')
  const own = await ownStep(
    model,
    (graph) => paramsFor(model, graph, model.weights, trains, 'stored'),
    (name) => model.weights.float32(name),
  )
  model.close()
  expect(Math.abs(own.loss - e.loss)).toBeLessThan(1e-5)
  expect(own.names).toEqual(Object.keys(e.gradients).sort())
  for (const [name, gradient] of Object.entries(e.gradients)) {
    // A bias of keys changes no attention: its gradient is 0 but for rounding.
    if (name.endsWith('k_proj.bias')) expect(Math.hypot(...own.gradient(name)), name).toBeLessThan(1e-6)
    else expect(normError(own.gradient(name), floats(gradient)), name).toBeLessThanOrEqual(1e-3)
  }
})

test('low-rank matrices beside the image encoder get PyTorch’s gradients within 1e-3, with the decoder', async () => {
  const e = step()
  const model = await openModel(TINY_CLIPSEG)
  const part = trainedPart(model, (spec) => spec.part === 'masks', { rank: 3, seed: 5 })
  const own = await ownStep(
    model,
    (graph) => part.params(graph),
    (name) => part.initial(name),
  )
  model.close()
  expect(Math.abs(own.loss - e.loss)).toBeLessThan(1e-5) // they start at nothing
  const modules = Object.keys(e.gradients).filter((name) => name.startsWith('clip.') && /_proj.weight$|fc\d.weight$/.test(name))
  expect(modules).toHaveLength(6 * 3)
  for (const name of modules) {
    const [a, b] = ['lora_A', 'lora_B'].map((x) => `base_model.model.${name.replace(/weight$/, `${x}.weight`)}`) as [string, string]
    const [out, into] = e.gradients[name]!.shape as [number, number]
    // d(W + B·A)/dB = G·Aᵀ, of which G is PyTorch's gradient of W; dA = Bᵀ·G, and B is 0.
    const [g, start] = [floats(e.gradients[name]!), part.initial(a)]
    const expected = Float64Array.from({ length: out * 3 }, (_, at) => {
      const [o, k] = [Math.floor(at / 3), at % 3]
      let sum = 0
      for (let i = 0; i < into; i++) sum += g[o * into + i]! * start[k * into + i]!
      return sum
    })
    expect(normError(own.gradient(b), expected), b).toBeLessThanOrEqual(1e-3)
    expect(own.gradient(a).every((x) => x === 0)).toBe(true)
  }
  const decoder = Object.keys(e.gradients).filter((name) => name.startsWith('decoder.'))
  expect(own.names.filter((name) => !name.includes('lora_'))).toEqual(decoder.sort())
})

/** Red discs and blue squares on grey: [image, masks] by the scene's number. */
async function scene(dir: string, number: number): Promise<Item> {
  const [width, height] = [48, 40]
  const rng = Rng.of(number)
  const rgb = new Uint8Array(width * height * 3).fill(128)
  const masks = [0, 1].map((label) => {
    const radius = 8 + rng.int(4)
    const [cx, cy] = [(label ? 36 : 12) - 3 + rng.int(7), radius + rng.int(height - 2 * radius)]
    const bitmap = Uint8Array.from({ length: width * height }, (_, at) => {
      const [dx, dy] = [Math.abs((at % width) - cx), Math.abs(Math.floor(at / width) - cy)]
      const inside = label ? Math.max(dx, dy) < radius : Math.hypot(dx, dy) < radius
      if (inside) rgb.set(label ? [20, 40, 230] : [230, 30, 20], 3 * at)
      return Number(inside)
    })
    return { class: label, mask: rleFromBitmap(bitmap, height, width) }
  })
  const file = path.join(dir, `${number}.png`)
  await sharp(rgb, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(file)
  return { file, label: 0, masks }
}

let dir: string
let splits: TrainJob['splits']
beforeAll(async () => {
  dir = temporaryFolder()
  const scenes = await Promise.all(Array.from({ length: 12 }, (_, i) => scene(dir, i)))
  splits = { train: scenes.slice(0, 8), test: scenes.slice(8) }
})

const job = (name: string, settings: TrainJob['settings'] = {}, model = TINY_CLIPSEG): TrainJob => ({
  kind: 'train',
  model,
  out: path.join(dir, name),
  recipe: 'segment-ft',
  settings: { epochs: 2, lr: 1e-2, queries: 2, ...settings },
  seed: 3,
  device: 'cpu',
  classes: [{ name: 'cat' }, { name: 'dog' }],
  templates: ['{}'],
  splits,
  dataHash: null,
  cache: path.join(dir, 'cache'),
  saveEverySeconds: 60,
})
const changed = async (checkpoint: string) => {
  const [before, after] = [await openModel(TINY_CLIPSEG), await openModel(checkpoint)]
  const names = before.weights.names().filter((name) => after.weights.float32(name).some((x, i) => x !== before.weights.float32(name)[i]))
  const parts = new Set(names.map((name) => before.tensors.get(name)?.part))
  before.close()
  after.close()
  return [...parts].sort()
}

test('a few scenes raise the mIoU on others, and only the decoder is changed', async () => {
  const before = await runJob({ ...job('none'), kind: 'evaluate', task: 'segment', checkpoint: TINY_CLIPSEG }, quiet)
  const after = await runJob(job('tuned', { epochs: 100, lr: 2e-2, crop: 1 }), quiet)
  const miou = ({ measured }: typeof after | typeof before) => {
    if (measured.task !== 'segment') throw new Error('expected masks')
    return measured.splits['test']!.metrics['miou']!
  }
  expect(miou(after)).toBeGreaterThan(2 * miou(before))
  expect(after.loss.at(-1)!).toBeLessThan(0.5 * after.loss[0]!)
  expect(await changed(after.checkpoint)).toEqual(['masks'])
})

test('trains the image encoder if that is wanted; stopped and taken up again it is bit for bit what it is in one go', async () => {
  const [whole, parts] = [job('whole', { trains: 'all' }), job('parts', { trains: 'all' })]
  const { loss } = await runJob(whole, quiet)
  expect(await changed(whole.out)).toEqual(['image', 'masks'])
  let steps = 0
  const stopping = { onProgress: ({ phase }: { phase: string }) => void (phase === 'training' && steps++), isCancelled: () => steps >= 2 }
  await expect(runJob(parts, stopping)).rejects.toThrow('cancelled')
  expect((await runJob(parts, quiet)).loss).toEqual(loss)
  const tensors = (of: TrainJob) => Object.entries(filesOf(of.out)).filter(([name]) => name.endsWith('.safetensors'))
  expect(tensors(parts)).toEqual(tensors(whole))
})

test('the decoder, with low-rank matrices beside the image encoder that are merged into it', async () => {
  const decoder = await runJob(job('decoder'), quiet)
  const lora = await runJob(job('lora', { trains: 'lora', r: 2 }), quiet)
  expect(lora.loss[0]).toBe(decoder.loss[0]) // the matrices start at nothing
  expect(lora.loss[1]).not.toBe(decoder.loss[1])
  expect(await changed(lora.checkpoint)).toEqual(['image', 'masks'])
})

test('one with partners that name what it finds keeps them, and is trained to find things, whatever their labels', async () => {
  const folder = path.join(dir, 'partnered')
  cpSync(TINY_CLIPSEG, folder, { recursive: true })
  cpSync(TINY_CLIP, path.join(dir, 'namer'), { recursive: true })
  const record = {
    ...{ format: 1, dashi: '0', created: new Date(0).toISOString(), base: null, recipe: null, seed: null, dataHash: null, device: null },
    ...{
      metrics: {},
      templates: ['{}'],
      classes: [],
      partners: { names: { path: '../namer' }, boxes: { path: '../boxes' }, others: ['tree'] },
    },
  }
  writeFileSync(path.join(folder, 'dashi.json'), JSON.stringify(record))
  cpSync(goldenPath('families/owlvit'), path.join(dir, 'boxes'), { recursive: true })
  const read = vi.spyOn(Renderers.prototype, 'decode')
  const train = await Promise.all([20, 21].map((number) => scene(dir, number)))
  const { checkpoint, loss } = await runJob({ ...job('kept', {}, folder), splits: { train } }, quiet)
  // In threads, while a step blocks its own.
  expect(new Set(read.mock.calls.map(([file]) => file))).toEqual(new Set(train.map(({ file }) => file)))
  read.mockRestore()
  expect(readRecord(checkpoint).partners).toMatchObject({ names: { path: 'partners/names' }, boxes: { path: 'partners/boxes' } })
  const turned = { ...job('turned', {}, folder), splits: { train }, classes: [{ name: 'dog' }, { name: 'cat' }] }
  expect((await runJob(turned, quiet)).loss).toEqual(loss)
})

test('each of a label’s texts is asked for', async () => {
  const words = (...phrases: string[]) => [{ name: 'cat', phrases }, { name: 'dog' }]
  const losses = async (name: string, classes: TrainJob['classes']) => (await runJob({ ...job(name, { crop: 1 }), classes }, quiet)).loss
  const [one, other, both] = [
    await losses('one', words('cat')),
    await losses('other', words('fish')),
    await losses('both', words('cat', 'fish')),
  ]
  expect(both).not.toEqual(one)
  expect(both).not.toEqual(other)
})

test('a model that makes masks without a decoder is refused', async () => {
  await expect(runJob(job('clip', {}, TINY_CLIP), quiet)).rejects.toThrow(
    'recipe segment-ft: CLIP makes masks without a decoder that could be trained; take a model such as CLIPSeg',
  )
})
