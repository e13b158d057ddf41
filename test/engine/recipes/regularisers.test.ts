/** What regularises a fine-tuning is PyTorch's: loss, gradients and steps within 1e-3 (test/parity/engine/regularisers.py). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import type { Model } from '../../../src-main/engine/models/model.ts'
import { adamW } from '../../../src-main/engine/optim/optimizer.ts'
import { depthsOf, rateAt, turnOf } from '../../../src-main/engine/recipes/depth.ts'
import { DropPath } from '../../../src-main/engine/recipes/drop-path.ts'
import { recipeRecord } from '../../../src-main/engine/recipes/index.ts'
import { mixInto, type Mixture } from '../../../src-main/engine/recipes/mix.ts'
import { overlay } from '../../../src-main/engine/recipes/overlay.ts'
import { logitsOf, NO_ADAPTER, type TuningStep, tuningTask } from '../../../src-main/engine/recipes/tuning-step.ts'
import { Session, type Tensor, tensor } from '../../../src-main/engine/runtime/session.ts'
import { Trainer } from '../../../src-main/engine/runtime/train.ts'
import { feed } from '../../helpers/clip.ts'
import { floats, golden, goldenPath, type GoldenTensor, ints, normError } from '../../helpers/golden.ts'
import { TINY_CLIP } from '../../helpers/pictures.ts'

interface Answer {
  readonly loss: number
  readonly norms: Record<string, number>
  readonly gradients: Record<string, GoldenTensor>
}
interface Steps {
  readonly losses: number[]
  readonly gradientNorms: number[]
  readonly moved: Record<string, GoldenTensor>
}
interface Mixing extends Answer {
  readonly partners: number[]
  readonly share: number
}
interface Reference {
  readonly head: Record<'head.weight' | 'head.bias', GoldenTensor>
  readonly old: Record<'weight' | 'bias', GoldenTensor>
  readonly scale: number
  readonly l2sp: Answer & { readonly alpha: number; readonly beta: number }
  readonly logits: Answer & { readonly weight: number; readonly temperature: number }
  readonly features: Answer
  readonly both: Answer
  readonly mixup: Mixing & { readonly smoothing: number }
  readonly cutmix: Mixing & { readonly box: NonNullable<Mixture['box']>; readonly classWeights: number[] }
  readonly layerDecay: Steps & { readonly decay: number; readonly scales: Record<string, number> }
  readonly unfreezing: Steps & { readonly turns: Record<string, number> }
}
const reference = golden<Reference>('regularisers.json')
const { batches } = golden<{ batches: { pixels: GoldenTensor; labels: GoldenTensor }[] }>('train.json')
const [b, , height, width] = batches[0]!.pixels.shape as [number, number, number, number]
const size = { height, width }

let base: Model
beforeAll(async () => (base = await openModel(TINY_CLIP)))
afterAll(() => base.close())

const head = new Map(Object.entries(reference.head).map(([name, t]) => [name, { shape: t.shape, data: floats(t) }]))
const isTrained = (name: string) => head.has(name) || base.tensors.isOf(name, 'image')

/** A step by the settings of `ft`, of which some are others. */
const stepOf = (settings: Record<string, unknown>, more: Partial<TuningStep> = {}): TuningStep => ({
  ...{ model: base, source: overlay(base.weights, head), isTrained, adapter: NO_ADAPTER, classes: 5, size },
  ...{ classWeights: undefined, mixer: undefined, teacher: undefined, paths: new DropPath(0, 0), perEpoch: 1 },
  settings: recipeRecord('ft').settings.parse(settings) as unknown as TuningStep['settings'],
  ...more,
})

/** Loss and gradients of the first batch, where the tower is the base's times 17/16. */
async function answer(step: TuningStep, feeds: Record<string, Tensor> = {}) {
  const graph = new Graph()
  const { loss, parameters } = tuningTask(step, b).build(graph)
  graph.output('loss', loss)
  const inputs = parameters.map(({ name }) => graph.inputs.find((v) => v.name === `w:${name}`)!)
  gradients(loss, inputs).forEach((g, i) => graph.output(`gradient:${parameters[i]!.name}`, g))
  const weights = parameters.map(({ name, shape }) => {
    const data = head.get(name)?.data ?? base.weights.float32(name).map((x) => Math.fround(reference.scale * x))
    return [`w:${name}`, tensor(data, 'float32', shape)] as const
  })
  const session = await Session.create(graph)
  const batch = { pixels: feed(batches[0]!.pixels), labels: feed(batches[0]!.labels) }
  const found = await session.run({ ...batch, ...Object.fromEntries(weights), ...feeds })
  await session.release()
  return {
    loss: (found['loss']!.data as Float32Array)[0]!,
    of: (name: string) => found[`gradient:${name}`]!.data as Float32Array,
    parameters,
  }
}

function isPyTorchs({ loss, of, parameters }: Awaited<ReturnType<typeof answer>>, expected: Answer): void {
  expect(Math.abs(loss - expected.loss)).toBeLessThanOrEqual(1e-3 * Math.abs(expected.loss))
  expect(parameters.map(({ name }) => name).sort()).toEqual(Object.keys(expected.norms).sort())
  for (const [name, norm] of Object.entries(expected.norms)) {
    // A bias on the keys shifts all logits of a query alike: its gradient is 0 but for rounding and what L2-SP adds.
    const floor = name.endsWith('k_proj.bias') ? expected.norms[name.replace(/bias$/, 'weight')]! : norm
    expect(Math.abs(Math.hypot(...of(name)) - norm), name).toBeLessThanOrEqual(1e-3 * floor)
  }
  for (const [name, g] of Object.entries(expected.gradients)) expect(normError(of(name), floats(g)), name).toBeLessThanOrEqual(1e-3)
}

describe('loss and gradients are those of PyTorch', () => {
  test('with L2-SP, of the paper’s strengths by default', async () => {
    isPyTorchs(await answer(stepOf({ l2sp: true })), reference.l2sp)
  })

  test.each(['logits', 'features', 'both'] as const)('with distillation of %s', async (distill) => {
    const old = { classes: ['a', 'b', 'c', 'd'], dim: base.dim, weight: floats(reference.old.weight), bias: floats(reference.old.bias) }
    const teacher = { base, head: distill === 'features' ? undefined : old, known: false }
    const settings = { distill, distillWeight: reference.logits.weight }
    isPyTorchs(await answer(stepOf(settings, { teacher })), reference[distill])
    const graph = new Graph()
    const frozen = stepOf({}, { isTrained: (name) => head.has(name) })
    graph.output('known', logitsOf(frozen, graph, b).features)
    const session = await Session.create(graph)
    const { known } = await session.run({ pixels: feed(batches[0]!.pixels) })
    await session.release()
    isPyTorchs(await answer(stepOf(settings, { teacher: { ...teacher, known: true } }), { features: known! }), reference[distill])
  })

  const mixed = async (kind: 'mixup' | 'cutmix', settings: Record<string, unknown>, more: Partial<TuningStep>, box?: Mixture['box']) => {
    const { partners, share } = reference[kind]
    const pixels = feed(batches[0]!.pixels)
    const own = Float32Array.from(pixels.data as Float32Array)
    const others = new Float32Array(own.length)
    partners.forEach((row, i) => others.set(own.subarray((row * own.length) / b, ((row + 1) * own.length) / b), (i * own.length) / b))
    mixInto(own, others, { partners, share, box }, size)
    const labels = ints(batches[0]!.labels)
    const of = Int32Array.from(partners, (row) => labels[row]!)
    const mixer: TuningStep['mixer'] = {
      inputs: (graph) => ({ partners: graph.input('partners', 'int32', [b]), share: graph.input('share', 'float32', []) }),
    }
    const feeds = {
      pixels: tensor(own, 'float32', [b, 3, height, width]),
      partners: tensor(of, 'int32', [b]),
      share: tensor(Float32Array.of(share), 'float32', []),
    }
    isPyTorchs(await answer(stepOf(settings, { mixer, ...more }), feeds), reference[kind])
  }
  test('with mixup and smoothed labels', () => mixed('mixup', { labelSmoothing: reference.mixup.smoothing }, {}))
  test('with CutMix and weighed classes', () => {
    const { box, classWeights } = reference.cutmix
    return mixed('cutmix', {}, { classWeights: Float32Array.from(classWeights) }, box)
  })
})

/** Steps from the base, on one batch after the other. */
async function follow(step: TuningStep, expected: Steps): Promise<Trainer> {
  const trainer = await Trainer.create(tuningTask(step, b), (name) => step.source.float32(name), {
    ...{ optimizer: adamW({ weightDecay: 0.1, eps: 1e-6 }), clipNorm: 1 },
  })
  for (const [i, loss] of expected.losses.entries()) {
    const found = await trainer.step({ pixels: feed(batches[i]!.pixels), labels: feed(batches[i]!.labels) }, 1e-3)
    expect(Math.abs(found.loss - loss), `loss of step ${i}`).toBeLessThanOrEqual(1e-3 * loss)
    expect(Math.abs(found['gradNorm']! / expected.gradientNorms[i]! - 1), `gradient of step ${i}`).toBeLessThanOrEqual(1e-3)
  }
  const after = await trainer.exportWeights()
  for (const [name, moved] of Object.entries(expected.moved)) {
    const start = step.source.float32(name)
    const own = after.get(name)!.map((x, i) => x - start[i]!)
    expect(normError(own, floats(moved)), name).toBeLessThanOrEqual(2e-3)
  }
  return trainer
}

describe('steps of AdamW are those of PyTorch', () => {
  test('with a rate for each layer, which are BEiT’s', async () => {
    const { decay, scales } = reference.layerDecay
    const depths = depthsOf(base)
    for (const [name, scale] of Object.entries(scales)) expect(rateAt(depths, decay, name), name).toBeCloseTo(scale, 12)
    await (await follow(stepOf({ layerDecay: decay }), reference.layerDecay)).release()
  })

  test('with one block more unfrozen after each: its moments and their count begin there', async () => {
    const depths = depthsOf(base)
    for (const [name, turn] of Object.entries(reference.unfreezing.turns)) expect(turnOf(depths, name), name).toBe(turn)
    await (await follow(stepOf({ unfreezeEvery: 1 }), reference.unfreezing)).release()
  })
})

test('until its turn a block is bit for bit the base’s, and a state taken up between turns goes on as if it had not been', async () => {
  const step = stepOf({ unfreezeEvery: 2 })
  const make = () =>
    Trainer.create(tuningTask(step, b), (name) => step.source.float32(name), {
      optimizer: adamW({ weightDecay: 0.1 }),
      clipNorm: 1,
      accumulate: 2,
    })
  const [whole, parts, resumed] = [await make(), await make(), await make()]
  const run = async (trainer: Trainer, from: number, to: number) => {
    for (let i = 2 * from; i < 2 * to; i++)
      await trainer.step({ pixels: feed(batches[i % 4]!.pixels), labels: feed(batches[i % 4]!.labels) }, 1e-3)
  }
  await run(whole, 0, 4)
  await run(parts, 0, 3)
  resumed.restore(await parts.snapshot(), 3)
  await run(resumed, 3, 4)
  expect([...(await resumed.snapshot())]).toEqual([...(await whole.snapshot())])
  const after = await whole.exportWeights()
  const { layers, blocks } = depthsOf(base)
  for (const [name, w] of after) {
    const open = (layers.get(name) ?? blocks + 1) >= blocks // the head from the first update, the last block from the third
    const start = step.source.float32(name)
    expect(w.some((x, i) => x !== start[i]) || name.endsWith('k_proj.bias'), name).toBe(open || name.endsWith('k_proj.bias'))
  }
  for (const trainer of [whole, parts, resumed]) await trainer.release()
})

test.each(['vit', 'dinov2', 'siglip', 'groupvit'])(
  'the layers of %s rise from its embeddings to what follows the last block',
  async (family) => {
    const model = await openModel(goldenPath(`families/${family}`))
    const { blocks, layers } = depthsOf(model)
    expect([...new Set(layers.values())].sort((x, y) => x - y)).toEqual(Array.from({ length: blocks + 2 }, (_, i) => i))
    for (const [name, layer] of layers) if (/embeddings\./.test(name)) expect(layer, name).toBe(0)
    model.close()
  },
)
