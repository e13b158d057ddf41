import { expect, test } from 'vitest'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { imageFeature, paramsFor } from '../../../src-main/engine/models/model.ts'
import { add, gemm, mul } from '../../../src-main/engine/ops/index.ts'
import { tensor, Session } from '../../../src-main/engine/runtime/session.ts'
import { classify } from '../../../src-main/engine/tasks/classify.ts'
import { openSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { feed } from '../../helpers/clip.ts'
import { floats, golden, goldenPath, type GoldenTensor, normError } from '../../helpers/golden.ts'
import { quiet, recipeJobs, resumesToTheBit } from '../../helpers/recipe-jobs.ts'

const jobs = recipeJobs('bias-only', { epochs: 10, lr: 3e-2 })
const { job } = jobs

test('each bias has the gradient that PyTorch gives, within 1e-3', async () => {
  const reference = golden<{ batches: { pixels: GoldenTensor; labels: GoldenTensor }[]; head: Record<string, GoldenTensor> }>('train.json')
  const { pixels, labels } = reference.batches[0]!
  const graph = new Graph()
  const p = paramsFor(
    jobs.base,
    graph,
    jobs.base.weights,
    (name) => jobs.base.tensors.isOf(name, 'image') && jobs.base.tensors.get(name)!.kind === 'bias',
  )
  const feature = imageFeature(jobs.base, p, graph.input('pixels', 'float32', pixels.shape))
  const [w, b] = ['head.weight', 'head.bias'].map((name) =>
    graph.constant(floats(reference.head[name]!), 'float32', reference.head[name]!.shape),
  )
  const scale = graph.constant(Float32Array.of(jobs.base.similarity!.of(jobs.base.weights).scale), 'float32', [])
  const logits = add(mul(gemm(feature, w!, undefined, { transB: true }), scale), b!)
  const loss = classify.loss(logits, classify.inputs(graph, labels.shape[0]!))
  gradients(
    loss,
    p.trainable.map(({ name }) => graph.inputs.find((v) => v.name === `w:${name}`)!),
  ).forEach((g, i) => graph.output(p.trainable[i]!.name, g))
  const session = await Session.create(graph)
  const weights = Object.fromEntries(
    p.trainable.map(({ name, shape }) => [`w:${name}`, tensor(jobs.base.weights.float32(name), 'float32', shape)]),
  )
  const found = await session.run({ pixels: feed(pixels), labels: feed(labels), ...weights })
  await session.release()
  const expected = openSafetensors(goldenPath('train/classifier-grads.safetensors'))
  const biases = [...expected.tensors.keys()].filter((name) => name.startsWith('vision_model.') && name.endsWith('.bias'))
  expect(p.trainable.map(({ name }) => name).sort()).toEqual(biases.sort())
  for (const name of biases) {
    const neighbour = expected.float32(name.replace(/bias$/, 'weight'))
    // A bias on the keys shifts all logits of a query alike: its gradient is 0 but for rounding.
    const floor = name.endsWith('k_proj.bias') ? Math.hypot(...neighbour) : 0
    expect(normError(found[name]!.data as Float32Array, expected.float32(name), floor), name).toBeLessThanOrEqual(1e-3)
  }
  expected.close()
})

test('trains the biases of the image tower and the head, and nothing else', async () => {
  const { checkpoint, loss, notes } = await runJob(job('tuned'), quiet)
  expect(loss.at(-1)!).toBeLessThan(0.7 * loss[0]!)
  const tuned = await openModel(checkpoint)
  const changed = tuned.weights
    .names()
    .filter((name) => tuned.weights.float32(name).some((x, i) => x !== jobs.base.weights.float32(name)[i]))
  const biases = [...jobs.base.tensors].filter(([, { part, kind }]) => part === 'image' && kind === 'bias')
  expect(changed.sort()).toEqual(biases.map(([name]) => name).sort())
  expect(notes['parameters']).toBe(biases.reduce((n, [, { shape }]) => n + shape[0]!, 0))
  tuned.close()
})

test('begins with the base model exactly: its first loss is that of full fine-tuning', async () => {
  const [biases, all] = [await runJob(job('first'), quiet), await runJob({ ...job('first-ft'), recipe: 'ft' }, quiet)]
  expect(biases.loss[0]).toBe(all.loss[0])
})

test('stopped and taken up again is bit for bit what it is in one go', () =>
  resumesToTheBit(job('whole', { epochs: 3 }), job('parts', { epochs: 3 })))
