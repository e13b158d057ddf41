/** The activations of transformers' ACT2FN by their formulas, in float64. */
import { expect, test } from 'vitest'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { erfc } from '../../../src-main/engine/metrics/mcnemar.ts'
import { type Activation, activationNames, activations } from '../../../src-main/engine/nn/activations.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'

const erf = (x: number) => (x < 0 ? erfc(-x) - 1 : 1 - erfc(x))
const gelu = (x: number) => (x / 2) * (1 + erf(x / Math.SQRT2))
const tanhGelu = (x: number) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
const between = (x: number, low: number, high: number) => Math.min(high, Math.max(low, x))
const FORMULAS: Record<Activation, (x: number) => number> = {
  gelu,
  gelu_python: gelu,
  gelu_10: (x) => between(gelu(x), -10, 10),
  gelu_new: tanhGelu,
  gelu_fast: tanhGelu,
  gelu_accurate: tanhGelu,
  gelu_pytorch_tanh: tanhGelu,
  gelu_python_tanh: tanhGelu,
  quick_gelu: (x) => x * sigmoid(1.702 * x),
  silu: (x) => x * sigmoid(x),
  swish: (x) => x * sigmoid(x),
  mish: (x) => x * Math.tanh(Math.log1p(Math.exp(x))),
  hardswish: (x) => (x * between(x + 3, 0, 6)) / 6,
  relu: (x) => Math.max(0, x),
  relu2: (x) => Math.max(0, x) ** 2,
  relu6: (x) => between(x, 0, 6),
  leaky_relu: (x) => (x > 0 ? x : 0.01 * x),
  sigmoid,
  tanh: Math.tanh,
  laplace: (x) => (1 + erf((x - 0.707107) / (0.282095 * Math.SQRT2))) / 2,
  linear: (x) => x,
}
const points = [-30, -4, -3, -2.5, -1, -0.3, 0, 0.4, 0.707107, 1, 2, 3, 5.5, 6, 7, 12, 60]

test('every activation, from far below to far above', async () => {
  expect(activationNames).toEqual(Object.keys(FORMULAS))
  const graph = new Graph()
  const x = graph.input('x', 'float32', [points.length])
  for (const name of activationNames) if (name !== 'linear') graph.output(name, activations[name](x))
  const session = await Session.create(graph, { threads: 1 })
  const out = await session.run({ x: tensor(Float32Array.from(points), 'float32', [points.length]) })
  await session.release()
  for (const name of activationNames)
    if (name !== 'linear')
      points.forEach((p, i) => {
        const expected = FORMULAS[name](p)
        expect([name, p, Math.abs((out[name]!.data as Float32Array)[i]! - expected) < 2e-6 * Math.max(1, Math.abs(expected))]).toEqual([
          name,
          p,
          true,
        ])
      })
  expect(activations.linear(x)).toBe(x)
})
