import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { imageFeature, type Model, paramsFor } from '../../../src-main/engine/models/model.ts'
import { add, gemm, mul } from '../../../src-main/engine/ops/index.ts'
import { tensor, Session } from '../../../src-main/engine/runtime/session.ts'
import { classify } from '../../../src-main/engine/tasks/classify.ts'
import { openSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { feed } from '../../helpers/clip.ts'
import { floats, golden, goldenPath, type GoldenTensor, normError } from '../../helpers/golden.ts'
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

const job = (name: string, settings: TrainJob['settings'] = {}): TrainJob =>
  shapesJob(splits, {
    out: path.join(dir, name),
    cache: path.join(dir, 'cache'),
    recipe: 'norm-only',
    settings: { epochs: 4, batchSize: 6, lr: 1e-1, augmentation: 'none', ...settings },
  })
const quiet = { onProgress: () => undefined, isCancelled: () => false }

test('each gain and bias has the gradient that PyTorch gives, within 1e-3', async () => {
  const reference = golden<{ batches: { pixels: GoldenTensor; labels: GoldenTensor }[]; head: Record<string, GoldenTensor> }>('train.json')
  const { pixels, labels } = reference.batches[0]!
  const graph = new Graph()
  const p = paramsFor(base, graph, base.weights, (name) => base.tensors.isOf(name, 'image') && base.tensors.get(name)!.ofNorm === true)
  const feature = imageFeature(base, p, graph.input('pixels', 'float32', pixels.shape))
  const [w, b] = ['head.weight', 'head.bias'].map((name) =>
    graph.constant(floats(reference.head[name]!), 'float32', reference.head[name]!.shape),
  )
  const scale = graph.constant(Float32Array.of(base.similarity!.of(base.weights).scale), 'float32', [])
  const logits = add(mul(gemm(feature, w!, undefined, { transB: true }), scale), b!)
  const loss = classify.loss(logits, classify.inputs(graph, labels.shape[0]!))
  gradients(
    loss,
    p.trainable.map(({ name }) => graph.inputs.find((v) => v.name === `w:${name}`)!),
  ).forEach((g, i) => graph.output(p.trainable[i]!.name, g))
  const session = await Session.create(graph)
  const weights = Object.fromEntries(
    p.trainable.map(({ name, shape }) => [`w:${name}`, tensor(base.weights.float32(name), 'float32', shape)]),
  )
  const found = await session.run({ pixels: feed(pixels), labels: feed(labels), ...weights })
  await session.release()
  const expected = openSafetensors(goldenPath('train/classifier-grads.safetensors'))
  const norms = [...expected.tensors.keys()].filter((name) => name.startsWith('vision_model.') && /layer_?norm|layrnorm/.test(name))
  expect(p.trainable.map(({ name }) => name).sort()).toEqual(norms.sort())
  for (const name of norms) expect(normError(found[name]!.data as Float32Array, expected.float32(name)), name).toBeLessThanOrEqual(1e-3)
  expected.close()
})

test('trains the gains and biases of the image tower’s norms and the head, and nothing else', async () => {
  const { checkpoint, loss, notes } = await runJob(job('tuned'), quiet)
  expect(loss.at(-1)!).toBeLessThan(0.7 * loss[0]!)
  const tuned = await openModel(checkpoint)
  const changed = tuned.weights.names().filter((name) => tuned.weights.float32(name).some((x, i) => x !== base.weights.float32(name)[i]))
  const norms = [...base.tensors].filter(([, { part, ofNorm }]) => part === 'image' && ofNorm)
  expect(changed.sort()).toEqual(norms.map(([name]) => name).sort())
  expect(changed.filter((name) => name.endsWith('.weight')).length * 2).toBe(changed.length)
  expect(notes['parameters']).toBe(norms.reduce((n, [, { shape }]) => n + shape[0]!, 0))
  tuned.close()
})

test('begins with the base model exactly: its first loss is that of full fine-tuning', async () => {
  const [norms, all] = [
    await runJob(job('first', { epochs: 1 }), quiet),
    await runJob({ ...job('first-ft', { epochs: 1 }), recipe: 'ft' }, quiet),
  ]
  expect(norms.loss[0]).toBe(all.loss[0])
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
