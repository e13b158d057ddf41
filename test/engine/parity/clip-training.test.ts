import { afterAll, describe, expect, test } from 'vitest'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { Graph, type Value } from '../../../src-main/engine/graph/graph.ts'
import { imageEmbedding, logitScale, logitsPerImage, textEmbedding } from '../../../src-main/engine/models/clip.ts'
import type { Params } from '../../../src-main/engine/nn/params.ts'
import { add, gemm, l2Normalize, mul } from '../../../src-main/engine/ops/index.ts'
import { adamW, type Parameter, sgd } from '../../../src-main/engine/optim/optimizer.ts'
import { warmupCosine } from '../../../src-main/engine/optim/schedule.ts'
import { Session, type Tensor } from '../../../src-main/engine/runtime/session.ts'
import { Trainer, type TrainOptions } from '../../../src-main/engine/runtime/train.ts'
import { contrastive, crossEntropy } from '../../../src-main/engine/tasks/losses.ts'
import { openSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { eosOf, feed, openClip, paramsOf } from '../../helpers/clip.ts'
import { floats, golden, goldenPath, type GoldenTensor, normError, relativeError } from '../../helpers/golden.ts'

const clip = openClip('quick')
const { config, weights } = clip
afterAll(() => weights.close())

interface Curve {
  readonly lr: number
  readonly warmup: number
  readonly steps: number
  readonly maxNorm: number
  readonly losses: number[]
  readonly gradientNorms: number[]
}
const reference = golden<{
  batches: { pixels: GoldenTensor; ids: GoldenTensor; labels: GoldenTensor }[]
  head: Record<'head.weight' | 'head.bias', GoldenTensor>
  schedule: number[]
  contrastiveLoss: number
  classifierLoss: number
  adamw: Curve & { beta1: number; beta2: number; eps: number; weightDecay: number; emaDecay: number; noDecay: string[] }
  nesterov: Curve & { total: number; momentum: number }
}>('train.json')

const feeds = reference.batches.map(({ pixels, ids, labels }): Record<string, Tensor> => ({
  pixels: feed(pixels),
  ids: feed(ids),
  eos: eosOf(ids, config),
  labels: feed(labels),
}))
const [first] = reference.batches

/** The two losses of train.py. A head's tensors are parameters beside the model's. */
const tasks: Record<'contrastive' | 'classifier', (p: Params) => { loss: Value; extra: Parameter[] }> = {
  contrastive: (p) => {
    const { graph: g } = p
    const image = imageEmbedding(p, config, g.input('pixels', 'float32', first!.pixels.shape))
    const text = textEmbedding(p, config, g.input('ids', 'int32', first!.ids.shape), g.input('eos', 'int32', first!.labels.shape))
    return { loss: contrastive(logitsPerImage(p, image, text)), extra: [] }
  },
  classifier: (p) => {
    const { graph: g } = p
    const f = l2Normalize(imageEmbedding(p, config, g.input('pixels', 'float32', first!.pixels.shape)))
    const extra = Object.entries(reference.head).map(([name, { shape }]) => ({ name, shape, decay: shape.length > 1 }))
    const [w, b] = extra.map(({ name, shape }) => g.input(`w:${name}`, 'float32', shape))
    const logits = add(mul(gemm(f, w!, undefined, { transB: true }), logitScale(p)), b!)
    return { loss: crossEntropy(logits, g.input('labels', 'int32', first!.labels.shape)), extra }
  },
}
const build = (task: keyof typeof tasks) => (graph: Graph) => {
  const p = paramsOf(graph, clip, () => true)
  const { loss, extra } = tasks[task](p)
  return { loss, parameters: [...p.trainable, ...extra] }
}
const initial = (name: string) => (name in reference.head ? floats(reference.head[name as 'head.bias']) : weights.float32(name))

/**
 * A bias on the keys shifts every logit of a query alike, which the softmax does not see: its gradient is 0, and the computed
 * one is rounding. Compared with the gradient of its neighbour, not with itself.
 */
const isShiftInvariant = (name: string) => name.endsWith('k_proj.bias')

describe.each(['contrastive', 'classifier'] as const)('%s loss', (task) => {
  test('each parameter has the gradient that PyTorch gives, within 1e-3', async () => {
    const graph = new Graph()
    const { loss, parameters } = build(task)(graph)
    const inputs = parameters.map((p) => graph.inputs.find((v) => v.name === `w:${p.name}`)!)
    gradients(loss, inputs).forEach((g, i) => graph.output(parameters[i]!.name, g))
    graph.output('loss', loss)
    const session = await Session.create(graph, { threads: 1 })
    const out = await session.run({
      ...feeds[0],
      ...Object.fromEntries(parameters.map(({ name, shape }) => [`w:${name}`, feed({ dtype: 'float32', shape, data: initial(name) })])),
    })
    await session.release()

    const want = openSafetensors(goldenPath(`train/${task}-grads.safetensors`))
    expect(parameters.map((p) => p.name).sort()).toEqual([...want.tensors.keys()].sort())
    expect((out['loss']!.data as Float32Array)[0]).toBeCloseTo(reference[`${task}Loss`], 5)
    for (const { name, shape } of parameters) {
      expect(want.tensors.get(name)!.shape, name).toEqual(shape)
      const g = want.float32(name)
      const got = out[name]!.data as Float32Array
      if (isShiftInvariant(name))
        expect(Math.hypot(...got), name).toBeLessThan(1e-6 * Math.hypot(...want.float32(name.replace('bias', 'weight'))))
      else {
        expect(normError(got, g), `${name} (as a whole)`).toBeLessThan(1e-4)
        expect(relativeError(got, g), `${name} (each element)`).toBeLessThan(1e-3)
      }
    }
    want.close()
  })
})

test('frozen weights, mapped from their file, leave the gradients of the others as they are', async () => {
  const graph = new Graph()
  const p = paramsOf(graph, clip, (name) => name.startsWith('visual') || name.endsWith('layers.0.mlp.fc1.weight'))
  const { loss } = tasks.contrastive(p)
  const names = p.trainable.map((t) => t.name)
  expect(names).toHaveLength(3)
  gradients(
    loss,
    names.map((name) => graph.inputs.find((v) => v.name === `w:${name}`)!),
  ).forEach((g, i) => graph.output(names[i]!, g))
  const session = await Session.create(graph, { threads: 1 })
  const out = await session.run({
    ...feeds[0],
    ...Object.fromEntries(p.trainable.map(({ name, shape }) => [`w:${name}`, feed({ dtype: 'float32', shape, data: initial(name) })])),
  })
  await session.release()
  const want = openSafetensors(goldenPath('train/contrastive-grads.safetensors'))
  for (const name of names) expect(normError(out[name]!.data as Float32Array, want.float32(name)), name).toBeLessThan(1e-4)
  want.close()
})

/** Trains as the golden curve was trained. */
async function train(task: keyof typeof tasks, options: TrainOptions, { lr, warmup, steps, maxNorm }: Curve, total: number) {
  const trainer = await Trainer.create({ build: build(task) }, initial, { ...options, clipNorm: maxNorm, session: { threads: 1 } })
  const schedule = warmupCosine({ lr, warmup, total })
  const losses: number[] = []
  const norms: number[] = []
  for (let step = 0; step < steps; step++) {
    const { loss, gradNorm } = await trainer.step(feeds[step % feeds.length]!, schedule(step))
    losses.push(loss)
    norms.push(gradNorm!)
  }
  return { trainer, losses, norms }
}
const worstRelative = (got: readonly number[], want: readonly number[]) =>
  Math.max(...want.map((x, i) => Math.abs(got[i]! - x) / Math.abs(x)))

describe('training curves', () => {
  test('the learning rate warms up and falls as in wise-ft', () => {
    const { warmup, steps } = reference.adamw
    const schedule = warmupCosine({ lr: 1, warmup, total: steps })
    reference.schedule.forEach((lr, step) => expect(schedule(step)).toBeCloseTo(lr, 12))
  })

  test('weight decay leaves out norms, biases and embeddings', () => {
    const p = paramsOf(new Graph(), clip, () => true)
    tasks.contrastive(p)
    expect(
      p.trainable
        .filter((t) => !t.decay)
        .map((t) => t.name)
        .sort(),
    ).toEqual([...reference.adamw.noDecay].sort())
  })

  test('20 AdamW steps: losses within 1e-4, final weights and their moving average too', async () => {
    const want = reference.adamw
    const { trainer, losses, norms } = await train('contrastive', { optimizer: adamW(want), ema: want.emaDecay }, want, want.steps)
    expect(worstRelative(losses, want.losses)).toBeLessThan(1e-4)
    expect(worstRelative(norms, want.gradientNorms)).toBeLessThan(1e-3)
    const final = openSafetensors(goldenPath('train/adamw-final.safetensors'))
    const trained = await trainer.exportWeights()
    for (const [name, data] of trained) {
      // AdamW divides by the gradient's size, so what rounding left of a gradient that should be 0 moves a bias that changes nothing.
      if (!isShiftInvariant(name)) expect(normError(data, final.float32(name)), name).toBeLessThan(1e-4)
    }
    expect(trained.size).toBe(final.tensors.size)
    const ema = openSafetensors(goldenPath('train/adamw-ema.safetensors'))
    const averaged = await trainer.exportWeights({ ema: true })
    for (const name of ema.tensors.keys())
      expect(normError(averaged.get(name)!, ema.float32(name)), `average of ${name}`).toBeLessThan(1e-4)
    final.close()
    ema.close()
    await trainer.release()
  })

  test('10 steps of SGD with Nesterov momentum on the classifier: losses within 1e-4', async () => {
    const want = reference.nesterov
    const { trainer, losses, norms } = await train(
      'classifier',
      { optimizer: sgd({ momentum: want.momentum, nesterov: true }) },
      want,
      want.total,
    )
    await trainer.release()
    expect(worstRelative(losses, want.losses)).toBeLessThan(1e-4)
    expect(worstRelative(norms, want.gradientNorms)).toBeLessThan(1e-3)
  })

  test('two runs give the same bits', async () => {
    const run = async () => {
      const { trainer, losses } = await train('contrastive', { optimizer: adamW(reference.adamw) }, { ...reference.adamw, steps: 5 }, 20)
      const weights = await trainer.exportWeights()
      await trainer.release()
      return { losses, bytes: Buffer.concat([...weights.values()].map((w) => new Uint8Array(w.buffer))) }
    }
    const [a, b] = [await run(), await run()]
    expect(b.losses).toEqual(a.losses)
    expect(b.bytes.equals(a.bytes)).toBe(true)
  })
})
