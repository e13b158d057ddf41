/** Values at the edges of ops, by hand. */
import { expect, test } from 'vitest'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { Graph, type Value } from '../../../src-main/engine/graph/graph.ts'
import * as ops from '../../../src-main/engine/ops/index.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'

/** What `build` makes of x, and the gradient of its sum. */
async function of(values: number[], shape: number[], build: (x: Value) => Value) {
  const graph = new Graph()
  const x = graph.input('x', 'float32', shape)
  const y = build(x)
  graph.output('y', y)
  graph.output('g', gradients(ops.reduceSum(y), [x])[0]!)
  const session = await Session.create(graph, { threads: 1 })
  const out = await session.run({ x: tensor(Float32Array.from(values), 'float32', shape) })
  await session.release()
  return { y: [...(out['y']!.data as Float32Array)], g: [...(out['g']!.data as Float32Array)] }
}

test('a vector shorter than the least length is divided by that length, a longer one by its own', async () => {
  const { y } = await of([0, 0, 0.3, 0.4, 3, 4], [3, 2], (x) => ops.l2Normalize(x, { eps: 1 }))
  expect(y.map((v) => Math.round(v * 1e6) / 1e6)).toEqual([0, 0, 0.3, 0.4, 0.6, 0.8])
})

test('a bound passes the gradient where the value lies on it, and on neither side beyond', async () => {
  const { y, g } = await of([-2, -1, 0, 1, 2], [5], (x) => ops.clip(x, { min: -1, max: 1 }))
  expect([y, g]).toEqual([
    [-1, -1, 0, 1, 1],
    [0, 1, 1, 1, 0],
  ])
  expect((await of([-2, 2], [2], (x) => ops.clip(x, { max: 1 }))).y).toEqual([-2, 1])
  expect((await of([-2, 2], [2], (x) => ops.clip(x, { min: 1 }))).y).toEqual([1, 2])
})

test('equal maxima share a gradient; of equal values in a window the first has it', async () => {
  expect((await of([3, 1, 3, 0], [4], (x) => ops.reduceMax(x))).g).toEqual([0.5, 0, 0.5, 0])
  expect((await of([3, 3, 1, 3], [1, 1, 4], (x) => ops.maxPool(x, { kernel: 2 }))).g).toEqual([1, 0, 0, 1])
  expect((await of([-5, -5, -7], [1, 1, 3], (x) => ops.maxPool(x, { kernel: 3, stride: 2, padding: 1 }))).y).toEqual([-5, -5])
})

test('the gradient of every second element lies where it was taken from', async () => {
  const every = (start: number, step: number, end?: number) =>
    of([1, 2, 3, 4, 5, 6, 7], [7], (x) => ops.slice(x, { axis: 0, start, step, end }))
  expect((await every(0, 2)).g).toEqual([1, 0, 1, 0, 1, 0, 1])
  expect((await every(1, 3)).g).toEqual([0, 1, 0, 0, 1, 0, 0])
  expect((await every(2, 1, 4)).g).toEqual([0, 0, 1, 1, 0, 0, 0])
  expect((await every(1, 2, 6)).y).toEqual([2, 4, 6])
})

test('the least of two, equal ones once; a power of none is one', async () => {
  const { y, g } = await of([1, 2, 3], [3], (x) => ops.minimum(x, 2))
  expect([y, g]).toEqual([
    [1, 2, 2],
    [1, 1, 0],
  ])
  expect(await of([0, 5], [2], (x) => ops.pow(x, 0))).toEqual({ y: [1, 1], g: [0, 0] })
  const x = new Graph().input('x', 'float32', [2])
  expect(ops.pow(x, 1)).toBe(x)
})
