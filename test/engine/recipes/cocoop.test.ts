/** CoCoOp against test/parity/engine/cocoop.py: the published mathematics in PyTorch, with a text tower of its own. */
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import type { Model } from '../../../src-main/engine/models/model.ts'
import { Params } from '../../../src-main/engine/nn/params.ts'
import { overlay } from '../../../src-main/engine/recipes/overlay.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'
import { classify } from '../../../src-main/engine/tasks/classify.ts'
import { headLogits } from '../../../src-main/engine/tasks/head-logits.ts'
import { classifierLogits, imagePromptLogits, type ImagePromptValues } from '../../../src-main/engine/tasks/image-prompts.ts'
import { Prompts } from '../../../src-main/engine/tasks/prompts.ts'
import { type Head, IMAGE_PROMPTS, type ImagePromptTensor, readHead, rowsOfHead } from '../../../src-main/engine/weights/head.ts'
import { floats, golden, goldenPath, type GoldenTensor, normError, relativeError } from '../../helpers/golden.ts'
import { filesOf, shapesJob, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

const coop = golden<{ names: string[]; labels: number[]; features: GoldenTensor }>('coop.json')
const reference = golden<{
  tensors: Record<ImagePromptTensor, GoldenTensor>
  logits: GoldenTensor
  loss: number
  gradients: Record<ImagePromptTensor, GoldenTensor>
}>('cocoop.json')
const items = coop.labels.map((label, i) => ({ file: goldenPath(`coop/${i}.png`), label }))
const [n, dim] = coop.features.shape as [number, number]
const learned = new Map(
  IMAGE_PROMPTS.map((name) => [name, { shape: reference.tensors[name].shape, data: floats(reference.tensors[name]) }]),
)
const quiet = { onProgress: () => undefined, isCancelled: () => false }

let dir: string
let base: Model
beforeAll(async () => {
  dir = temporaryFolder()
  base = await openModel(TINY_CLIP)
})
afterAll(() => base.close())
const job = (name: string, settings: TrainJob['settings'] = {}): TrainJob =>
  shapesJob(
    { train: items, val: items.slice(0, 4) },
    {
      ...{ out: path.join(dir, name), cache: path.join(dir, 'cache'), recipe: 'cocoop', classes: coop.names.map((name) => ({ name })) },
      settings: { epochs: 2, ...settings },
    },
  )

test('loss and gradients of the context and the network are PyTorch’s within 1e-3', async () => {
  const graph = new Graph()
  const p = new Params(graph, overlay(base.weights, learned), (name) => learned.has(name as ImagePromptTensor))
  const prompts = Prompts.of(base, coop.names, { contextLength: 4, position: 'end' }, 'cocoop')
  const values = Object.fromEntries(IMAGE_PROMPTS.map((name) => [name, p.get(name, learned.get(name)!.shape)])) as ImagePromptValues
  const y = imagePromptLogits(p, base, prompts, values, graph.input('features', 'float32', [n, dim]))
  const loss = classify.loss(y, classify.inputs(graph, n))
  graph.output('loss', loss)
  graph.output('y', y)
  gradients(loss, Object.values(values)).forEach((g, i) => graph.output(IMAGE_PROMPTS[i]!, g))
  const session = await Session.create(graph)
  const found = await session.run({
    features: tensor(floats(coop.features), 'float32', [n, dim]),
    ...classify.feeds(coop.labels.map((label) => ({ kind: 'class', class: label }))),
    ...Object.fromEntries([...learned].map(([name, { shape, data }]) => [`w:${name}`, tensor(data, 'float32', shape)])),
  })
  await session.release()
  expect(relativeError(found['y']!.data as Float32Array, floats(reference.logits))).toBeLessThan(1e-3)
  expect(relativeError(found['loss']!.data as Float32Array, [reference.loss])).toBeLessThan(1e-3)
  for (const name of IMAGE_PROMPTS)
    expect(normError(found[name]!.data as Float32Array, floats(reference.gradients[name])), name).toBeLessThan(1e-3)
})

test('a classifier of such prompts answers as PyTorch does, also for some of its classes', async () => {
  const head: Head = {
    ...{ classes: coop.names, dim, weight: new Float32Array(3 * dim), bias: new Float32Array(3) },
    prompts: Object.fromEntries(learned) as unknown as NonNullable<Head['prompts']>,
  }
  const all = await classifierLogits(base, floats(coop.features), head)
  expect(relativeError(all, floats(reference.logits))).toBeLessThan(1e-3)
  // It is the network by which each image has prompts of its own.
  const still = Object.fromEntries(
    Object.entries(head.prompts!).map(([name, x]) => [
      name,
      name.startsWith('meta_net') ? { ...x, data: new Float32Array(x.data.length) } : x,
    ]),
  ) as unknown as NonNullable<Head['prompts']>
  const same = await classifierLogits(base, floats(coop.features), { ...head, prompts: still })
  expect(relativeError(same, floats(reference.logits))).toBeGreaterThan(0.1)
  const some = await classifierLogits(base, floats(coop.features), rowsOfHead(head, [2, 0]))
  for (let i = 0; i < n; i++) for (const [k, c] of [2, 0].entries()) expect(some[i * 2 + k]).toBeCloseTo(all[i * 3 + c]!, 3)
})

test('learns; the checkpoint’s classifier of the mean image answers about as those of each image', async () => {
  const { loss, notes, checkpoint } = await runJob(job('learns', { epochs: 6, batchSize: 3, lr: 0.1 }), quiet)
  const mean = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0) / xs.length
  expect(mean(loss.slice(-3))).toBeLessThan(0.9 * mean(loss.slice(0, 3)))
  const head = readHead(checkpoint)
  expect(notes['parameters']).toBe(IMAGE_PROMPTS.reduce((sum, name) => sum + head.prompts![name].data.length, 0))
  expect(notes['prompt']).toMatch(/\S/)
  const own = await classifierLogits(base, floats(coop.features), head)
  const ofMean = headLogits(floats(coop.features), head)
  expect(normError(own, ofMean)).toBeLessThan(0.5)
})

test('stopped and taken up again is bit for bit what it is in one go', async () => {
  const settings = { epochs: 2, batchSize: 3 }
  const [whole, parts] = [job('whole', settings), job('parts', settings)]
  const { loss } = await runJob(whole, quiet)
  let steps = 0
  const stopping = {
    onProgress: ({ phase }: { phase: string }) => void (phase === 'prompt-tuning' && steps++),
    isCancelled: () => steps >= 2,
  }
  await expect(runJob(parts, stopping)).rejects.toThrow('cancelled')
  expect((await runJob(parts, quiet)).loss).toEqual(loss)
  expect(filesOf(parts.out)['head.safetensors']).toEqual(filesOf(whole.out)['head.safetensors'])
})

test('varied pictures are embedded anew, and judged unvaried', async () => {
  const { course } = await runJob(job('varied', { epochs: 1, augmentation: 'light', keep: 'best', batchSize: 3 }), quiet)
  expect(course!.judged!.by).toBe('loss')
})

test('a context that leaves no room for a name is refused in one line', async () => {
  await expect(runJob(job('long', { contextLength: 14 }), quiet)).rejects.toThrow(/^contextLength: 14 leaves no room/)
})
