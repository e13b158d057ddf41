import { describe, expect, test } from 'vitest'
import { linear, relu } from '../../../src-main/engine/ops/index.ts'
import { adamW, type Optimizer, sgd } from '../../../src-main/engine/optim/optimizer.ts'
import { type StepMetrics, type Task, Trainer, type TrainOptions } from '../../../src-main/engine/runtime/train.ts'
import { crossEntropy } from '../../../src-main/engine/tasks/losses.ts'
import { feed } from '../../helpers/clip.ts'
import { decode, floats, golden, type GoldenTensor, ints, normError } from '../../helpers/golden.ts'

interface Followed {
  readonly losses: number[]
  readonly final: Record<string, GoldenTensor>
}
const { mlp } = golden<{
  mlp: { start: Record<string, GoldenTensor>; x: GoldenTensor; y: GoldenTensor; steps: number } & Record<
    'sgd' | 'momentum' | 'nesterov' | 'adamw',
    Followed
  >
}>('train.json')
const [rows, features] = mlp.x.shape as [number, number]

/** relu(x W₁ᵀ + b₁) W₂ᵀ + b₂ on `batch` rows; weights decay, biases do not. */
const task = (batch: number, rate?: number): Task => ({
  build: (graph) => {
    const parameters = Object.entries(mlp.start).map(([name, { shape }]) => ({ name, shape, decay: name.startsWith('w'), rate }))
    const [w1, b1, w2, b2] = parameters.map(({ name, shape }) => graph.input(`w:${name}`, 'float32', shape))
    const logits = linear(relu(linear(graph.input('x', 'float32', [batch, features]), w1!, b1!)), w2!, b2!)
    return { loss: crossEntropy(logits, graph.input('y', 'int32', [batch])), parameters }
  },
})

/** Rows from … to of the one batch. */
const part = (from: number, to: number) => ({
  x: feed({ dtype: 'float32', shape: [to - from, features], data: floats(mlp.x).slice(from * features, to * features) }),
  y: feed({ dtype: 'int32', shape: [to - from], data: ints(mlp.y).slice(from, to) }),
})
const start = (name: string) => floats(mlp.start[name]!)

async function follow(optimizer: Optimizer, lr: number, options: Partial<TrainOptions> = {}, rate?: number) {
  const micro = options.accumulate ?? 1
  const size = rows / micro
  const trainer = await Trainer.create(task(size, rate), start, { optimizer, session: { threads: 1 }, ...options })
  const losses: number[] = []
  for (let step = 0; step < mlp.steps; step++) {
    const parts: StepMetrics[] = []
    for (let i = 0; i < micro; i++) parts.push(await trainer.step(part(i * size, (i + 1) * size), lr))
    losses.push(parts.reduce((sum, { loss }) => sum + loss / micro, 0))
  }
  const final = await trainer.exportWeights()
  await trainer.release()
  return { losses, final }
}

function expectFollows({ losses, final }: Awaited<ReturnType<typeof follow>>, want: Followed) {
  want.losses.forEach((loss, i) => expect(Math.abs(losses[i]! - loss) / loss, `loss of step ${i}`).toBeLessThan(1e-5))
  for (const [name, t] of Object.entries(want.final)) expect(normError(final.get(name)!, floats(t)), name).toBeLessThan(1e-5)
}

const adam = adamW({ beta1: 0.8, beta2: 0.95, eps: 1e-7, weightDecay: 0.2 })

describe('optimisers take the steps that torch.optim takes', () => {
  test('SGD', async () => expectFollows(await follow(sgd({ momentum: 0 }), 0.1), mlp.sgd))
  test('SGD with momentum and L2', async () => expectFollows(await follow(sgd({ momentum: 0.9, weightDecay: 0.05 }), 0.1), mlp.momentum))
  test('SGD with Nesterov momentum and L2', async () =>
    expectFollows(await follow(sgd({ momentum: 0.9, nesterov: true, weightDecay: 0.05 }), 0.1), mlp.nesterov))
  test('AdamW', async () => expectFollows(await follow(adam, 0.05), mlp.adamw))
})

describe('what surrounds the optimiser', () => {
  test.each([2, 4, 8])('%i micro-batches accumulated are one batch', async (accumulate) => {
    expectFollows(await follow(adam, 0.05, { accumulate }), mlp.adamw)
    expectFollows(await follow(sgd({ momentum: 0.9, weightDecay: 0.05 }), 0.1, { accumulate }), mlp.momentum)
  })

  test('gradients within the bound stay as they are', async () => expectFollows(await follow(adam, 0.05, { clipNorm: 1e3 }), mlp.adamw))

  test("accumulated gradients are clipped as one batch's are", async () => {
    const [whole, parts] = [await follow(adam, 0.05, { clipNorm: 0.1 }), await follow(adam, 0.05, { clipNorm: 0.1, accumulate: 4 })]
    whole.losses.forEach((loss, i) => expect(parts.losses[i]).toBeCloseTo(loss, 5))
    expect(Math.abs(whole.losses.at(-1)! - mlp.adamw.losses.at(-1)!)).toBeGreaterThan(1e-6) // the bound was felt
  })

  test.each([
    ['AdamW', adam, 0.05],
    ['SGD', sgd({ momentum: 0.9, weightDecay: 0.05 }), 0.1],
  ] as const)('half the rate of a parameter is half the learning rate: %s', async (_, optimizer, lr) => {
    const [whole, half] = [await follow(optimizer, lr / 2), await follow(optimizer, lr, {}, 0.5)]
    for (const [name, w] of whole.final) expect(normError(half.final.get(name)!, w), name).toBeLessThan(1e-5)
  })

  test('a bound keeps a parameter from growing past it', async () => {
    const { final } = await follow(sgd({ momentum: 0 }), 0.1, { max: { w1: 0.2 } })
    expect(Math.max(...final.get('w1')!)).toBe(Math.fround(0.2))
    expect(Math.max(...decode(mlp.sgd.final['w1']!).data)).toBeGreaterThan(0.2)
  })

  test('a snapshot, taken up again as often as one likes, gives the same steps bit for bit', async () => {
    const trainer = await Trainer.create(task(rows), start, { optimizer: adam, ema: 0.9, clipNorm: 1, session: { threads: 1 } })
    const steps = async (n: number) => {
      const losses: number[] = []
      for (let i = 0; i < n; i++) losses.push((await trainer.step(part(0, rows), 0.05)).loss)
      return losses
    }
    await steps(3)
    const snapshot = await trainer.snapshot()
    const uninterrupted = await steps(5)
    for (let again = 0; again < 2; again++) {
      trainer.restore(snapshot, 3)
      expect(await steps(5)).toEqual(uninterrupted)
    }
    await trainer.release()
  })
})
