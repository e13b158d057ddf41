import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Graph, type Value } from '../../../src-main/engine/graph/graph.ts'
import { batchNorm, convolution } from '../../../src-main/engine/nn/conv.ts'
import { Params, tensorsInMemory } from '../../../src-main/engine/nn/params.ts'
import { linear } from '../../../src-main/engine/nn/transformer.ts'
import { maxPool, reduceMean, relu } from '../../../src-main/engine/ops/index.ts'
import { sgd } from '../../../src-main/engine/optim/optimizer.ts'
import { Session, tensor, type Tensor } from '../../../src-main/engine/runtime/session.ts'
import { Trainer } from '../../../src-main/engine/runtime/train.ts'
import { crossEntropy } from '../../../src-main/engine/tasks/losses.ts'
import { decode, floats, golden, type GoldenTensor, normError, relativeError } from '../../helpers/golden.ts'

interface Run {
  losses: number[]
  state: Record<string, GoldenTensor>
  after: GoldenTensor
}
const { network: g } = golden<{
  network: {
    lr: number
    weights: Record<string, GoldenTensor>
    batches: { x: GoldenTensor; y: GoldenTensor }[]
    test: GoldenTensor
    before: GoldenTensor
    trained: Run
    frozen: Run
  }
}>('layers.json')
const shapes = new Map(Object.entries(g.weights).map(([name, t]) => [name, t.shape]))
const initial = (name: string) => floats(g.weights[name]!)
const source = tensorsInMemory('network', shapes, initial)
const feed = (t: GoldenTensor): Tensor => {
  const { data, dtype, shape } = decode(t)
  return tensor(data, dtype, shape)
}

/** The network of layers.py. */
function logits(p: Params, x: Value): Value {
  x = relu(batchNorm(p, 'norm1', convolution(p, 'stem', x, 6, { kernel: [3, 3], stride: 2, padding: 1, bias: false })))
  x = maxPool(x, { kernel: 3, stride: 2, padding: 1 })
  x = relu(batchNorm(p, 'norm2', convolution(p, 'grouped', x, 8, { kernel: [3, 3], padding: 1, groups: 2 })))
  return linear(p, 'head', reduceMean(x, { axes: [2, 3] }), 4)
}

async function evaluate(isTrained: (name: string) => boolean, weights: Record<string, Tensor> = {}): Promise<Float32Array> {
  const graph = new Graph()
  graph.output('y', logits(new Params(graph, source, isTrained), graph.input('x', 'float32', g.test.shape)))
  const session = await Session.create(graph, { threads: 1 })
  const { y } = await session.run({ x: feed(g.test), ...weights })
  await session.release()
  return y!.data as Float32Array
}

test('outside training, the running statistics normalise', async () => {
  expect(relativeError(await evaluate(() => false), floats(g.before))).toBeLessThan(1e-5)
})

describe.each([
  ['all of it', 'trained', () => true],
  ['all but the first layers, whose statistics stay as they were', 'frozen', (name: string) => !/^(stem|norm1)\./.test(name)],
] as const)('training %s', (_, which, isTrained) => {
  const expected = g[which]
  let trainer: Trainer
  const losses: number[] = []
  beforeEach(async () => {
    losses.length = 0
    trainer = await Trainer.create(
      {
        build(graph) {
          const p = new Params(graph, source, isTrained, { training: true })
          const y = logits(p, graph.input('x', 'float32', g.batches[0]!.x.shape))
          return { loss: crossEntropy(y, graph.input('labels', 'int32', [6])), parameters: p.trainable, buffers: p.buffers }
        },
      },
      initial,
      { optimizer: sgd({ momentum: 0.9 }), session: { threads: 1 } },
    )
  })
  afterEach(() => trainer.release())
  const steps = async (from: number, to = g.batches.length) => {
    for (const { x, y } of g.batches.slice(from, to)) losses.push((await trainer.step({ x: feed(x), labels: feed(y) }, g.lr)).loss)
  }

  test('gives the losses, weights and statistics of PyTorch', async () => {
    await steps(0)
    expect(relativeError(losses, expected.losses)).toBeLessThan(1e-5)
    const weights = await trainer.exportWeights()
    expect([...weights.keys()].sort()).toEqual([...shapes.keys()].filter(isTrained).sort())
    for (const [name, w] of weights) expect(normError(w, floats(expected.state[name]!), 1e-3), name).toBeLessThan(1e-5)
  })

  test('is seen by an evaluation that takes the weights as they stand', async () => {
    await steps(0)
    expect(relativeError(await evaluate(isTrained, trainer.weights()), floats(expected.after))).toBeLessThan(1e-5)
  })

  test('resumes from a snapshot with its statistics', async () => {
    await steps(0, 2)
    const snapshot = await trainer.snapshot()
    await steps(2)
    const uninterrupted = await trainer.exportWeights()
    trainer.restore(snapshot, 2)
    await steps(2)
    expect(await trainer.exportWeights()).toEqual(uninterrupted)
  })
})

test('a batch of one value per channel has no variance, and is refused', () => {
  const graph = new Graph()
  const p = new Params(graph, source, () => true, { training: true })
  expect(() => batchNorm(p, 'norm1', graph.input('x', 'float32', [1, 6, 1, 1]))).toThrow('one value per channel')
})
