import { expect, test } from 'vitest'
import { ANY, isAnyBatch } from '../../../src-main/engine/graph/any-batch.ts'
import { encodeModel } from '../../../src-main/engine/graph/encode.ts'
import { Graph, type Value } from '../../../src-main/engine/graph/graph.ts'
import { add, concat, expand, matmul, reduceSum, reshape, transpose } from '../../../src-main/engine/ops/index.ts'
import { BatchSession } from '../../../src-main/engine/runtime/infer.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'

const wave = (n: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 0.7 + 1))

/** [B, 3, 4] → [B, 8]: a token in front, as a transformer has it, heads apart and together, and all rows of the batch flattened. */
function tower(x: Value): Value {
  const [b] = x.shape as [number]
  const token = expand(x.graph.constant(wave(4), 'float32', [1, 1, 4]), [b, 1, 4])
  const tokens = concat([token, x], { axis: 1 })
  const flat = add(reshape(tokens, [b * 4, 4]), x.graph.constant(wave(4), 'float32', [4]))
  const heads = transpose(reshape(flat, [b, 4, 2, 2]), [0, 2, 1, 3])
  const mixed = matmul(heads, transpose(heads, [0, 1, 3, 2]))
  return reduceSum(reshape(mixed, [b, 8, 4]), { axes: [2] })
}

async function through(batch: number, rows: number) {
  const graph = new Graph()
  graph.output('y', tower(graph.input('x', 'float32', [batch, 3, 4])))
  const session = await Session.create(graph, { threads: 1, batch: rows })
  const { y } = await session.run({ x: tensor(wave(rows * 12), 'float32', [rows, 3, 4]) })
  await session.release()
  return { dims: [...y!.dims], data: [...(y!.data as Float32Array)] }
}

test.each([1, 2, 7])('a graph of any batch size gives a batch of %i what a graph of that size gives it', async (rows) => {
  expect(await through(ANY, rows)).toEqual(await through(rows, rows))
})

test('its model is the same for any batch size', () => {
  const model = (batch: number) => {
    const graph = new Graph()
    graph.output('y', tower(graph.input('x', 'float32', [batch, 3, 4])))
    return { any: isAnyBatch(graph), bytes: encodeModel(graph) }
  }
  expect(model(ANY).any).toBe(true)
  expect(model(5).any).toBe(false)
  expect(model(ANY).bytes).toEqual(model(ANY).bytes)
  expect(model(5).bytes).not.toEqual(model(6).bytes)
})

test('what was made for one batch size is refused', () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', [ANY, 2])
  graph.output('y', add(x, graph.constant(new Float32Array(ANY), 'float32', [ANY, 1])))
  expect(() => encodeModel(graph)).toThrow('was made for one batch size')
})

test('a feed of another width is refused, of another batch size it is not', async () => {
  const graph = new Graph()
  graph.output('y', tower(graph.input('x', 'float32', [ANY, 3, 4])))
  const session = await Session.create(graph, { threads: 1 })
  await expect(session.run({ x: tensor(wave(24), 'float32', [2, 3, 4]) })).resolves.toBeDefined()
  await expect(session.run({ x: tensor(wave(24), 'float32', [3, 2, 4]) })).rejects.toThrow('session input x')
  await session.release()
})

test('rows are evaluated in batches, of which the last is only as large as what is left', async () => {
  const sizes: number[] = []
  const session = await BatchSession.create(3, ['x'], (g, b) => ({ y: tower(g.input('x', 'float32', [b, 3, 4])) }), { threads: 1 })
  const data = wave(7 * 12)
  const filled: number[] = []
  const { y } = await session.run(
    7,
    (row, into, slot) => {
      filled.push(row)
      ;(into['x'] as Float32Array).set(data.subarray(row * 12, (row + 1) * 12), slot * 12)
    },
    {},
    (done) => sizes.push(done),
  )
  await session.release()
  expect(sizes).toEqual([3, 6, 7])
  expect(filled).toEqual([0, 1, 2, 3, 4, 5, 6])
  const expected = (await through(7, 7)).data
  y!.forEach((v, i) => expect(v).toBeCloseTo(expected[i]!, 5))
})
