/** A graph under construction, what of it becomes a model, and what is refused before one is made. */
import { describe, expect, test } from 'vitest'
import { BatchShapes, ANY, dimName, isAnyBatch, shapeFor } from '../../../src-main/engine/graph/any-batch.ts'
import { encodeModel } from '../../../src-main/engine/graph/encode.ts'
import { externalFiles, Graph, reachableNodes, sizeOf } from '../../../src-main/engine/graph/graph.ts'
import * as ops from '../../../src-main/engine/ops/index.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'

const vector = (name = 'x', shape = [3]) => new Graph().input(name, 'float32', shape)
const run = async (graph: Graph, feeds: Record<string, number[]>) => {
  const session = await Session.create(graph, { threads: 1 })
  const given = Object.entries(feeds).map(([name, xs]) => [name, tensor(Float32Array.from(xs), 'float32', [xs.length])] as const)
  const outputs = await session.run(Object.fromEntries(given))
  await session.release()
  return Object.fromEntries(Object.entries(outputs).map(([name, t]) => [name, Array.from(t.data as Float32Array)]))
}

describe('building', () => {
  test('the same op on the same operands is the same value, and only then', () => {
    const x = vector()
    const { graph } = x
    expect(ops.exp(x)).toBe(ops.exp(x))
    expect(ops.reduceSum(x, { axes: [0] })).not.toBe(ops.reduceSum(x, { axes: [0], keepdims: true }))
    expect(graph.scalar(2)).toBe(graph.scalar(2))
    expect(graph.scalar(2)).not.toBe(graph.scalar(3))
    const table = (n: number) => graph.constant(new Float32Array(n).fill(1), 'float32', [n])
    expect([table(16) === table(16), table(17) === table(17)]).toEqual([true, false])
  })
  test('inputs have names of their own, constants as many numbers as their shape, operands one graph', () => {
    const x = vector()
    expect(() => x.graph.input('x', 'float32', [])).toThrow('x is defined twice')
    expect(() => x.graph.constant(new Float32Array(3), 'float32', [2])).toThrow('[2] has 3')
    expect(() => ops.add(x, vector('y'))).toThrow('another graph')
    expect(() => ops.add(1, 2)).toThrow('at least one operand that is a value')
    expect([sizeOf([]), sizeOf([2, 3]), sizeOf([2, 0])]).toEqual([1, 6, 0])
  })
  test('an error names the layer, and the outer layer is restored', () => {
    const x = vector()
    const y = x.graph.input('y', 'float32', [2])
    const inner = () => x.graph.scoped('outer.inner', () => ops.add(x, y))
    expect(() => x.graph.scoped('outer', () => inner())).toThrow(/^outer\.inner: Add/)
    expect(() => ops.mul(x, y)).toThrow(/^Mul/)
  })
  test('nodes come after those that they use, each once', () => {
    const x = vector()
    const [a, b] = [ops.exp(x), ops.sqrt(x)]
    const sum = ops.add(a, ops.mul(a, b))
    ops.log(x) // which nothing needs
    expect(reachableNodes([sum, a]).map((n) => n.op.name)).toEqual(['Exp', 'Sqrt', 'Mul', 'Add'])
    expect(externalFiles(x.graph)).toEqual([])
  })
})

describe('a model', () => {
  test('gives every output under its name, one value under several, an input too', async () => {
    const x = vector()
    const y = ops.mul(x, 2)
    for (const [name, value] of [
      ['a', y],
      ['b', y],
      ['c', x],
    ] as const)
      x.graph.output(name, value)
    expect(await run(x.graph, { x: [1, 2, 3] })).toEqual({ a: [2, 4, 6], b: [2, 4, 6], c: [1, 2, 3] })
  })
  test('holds what its outputs need and nothing else', () => {
    const build = (more: (x: ReturnType<typeof vector>) => unknown) => {
      const x = vector()
      x.graph.output('y', ops.exp(x))
      more(x)
      return encodeModel(x.graph)
    }
    const plain = build(() => undefined)
    expect(build((x) => ops.log(x.graph.input('unused', 'float32', [1000])))).toEqual(plain)
    expect(build((x) => x.graph.output('z', ops.log(x))).length).toBeGreaterThan(plain.length)
  })
  test('numbers that ops share are the same for all: one copy of an equal list', async () => {
    const x = vector()
    x.graph.output('y', ops.reduceSum(ops.exp(x), { axes: [0] }))
    const one = encodeModel(x.graph).length
    x.graph.output('z', ops.reduceSum(ops.sqrt(x), { axes: [0] }))
    const text = Buffer.from(encodeModel(x.graph)).toString('latin1')
    expect(text.length).toBeGreaterThan(one)
    expect([text.includes('literal_0'), text.includes('literal_1')]).toEqual([true, false])
    expect((await run(x.graph, { x: [0, 0, 0] }))['y']).toEqual([3])
  })
  test('runs only on what it was made for', async () => {
    const x = vector()
    x.graph.output('y', ops.exp(x))
    const session = await Session.create(x.graph, { threads: 1 })
    await expect(session.run({})).rejects.toThrow('session input x is missing')
    await expect(session.run({ x: tensor(new Float32Array(2), 'float32', [2]) })).rejects.toThrow('[2] given, [3] expected')
    const into = tensor(new Float32Array(3), 'float32', [3])
    await session.run({ x: tensor(new Float32Array(3), 'float32', [3]), ignored: into }, { y: into })
    expect([...(into.data as Float32Array)]).toEqual([1, 1, 1])
    expect([...((await session.runFor('y', { x: tensor(new Float32Array(3), 'float32', [3]) })).data as Float32Array)]).toEqual([1, 1, 1])
    await session.release()
    await session.release()
    await expect(session.runFor('y', {})).rejects.toThrow('released')
  })
})

describe('any batch', () => {
  test('dynamic dimensions are described by what they are multiples of', () => {
    expect(shapeFor([ANY, 3, 2 * ANY, 0], 5)).toEqual([5, 3, 10, 0])
    expect([dimName(ANY), dimName(3 * ANY), dimName(3), dimName(0)]).toEqual(['batch', 'batch*3', undefined, undefined])
    expect([isAnyBatch(vector('x', [ANY, 2]).graph), isAnyBatch(vector().graph)]).toEqual([true, false])
  })
  test('without an input that begins with the batch there is none to go by', () => {
    const ints = (...xs: number[]) => ({ dtype: 'int64' as const, shape: [xs.length], data: BigInt64Array.from(xs, BigInt) })
    const shapes = new BatchShapes([vector('x', [2, ANY])])
    expect(() => shapes.operand({ type: 'Expand', inputs: [] }, ints(ANY, 2))).toThrow('no input')
    expect(shapes.operand({ type: 'Expand', inputs: [] }, ints(1, 2))).toEqual(ints(1, 2))
    expect(shapes.operand({ type: 'Reshape', inputs: [] }, ints(2 * ANY, 2))).toEqual(ints(-1, 2))
  })
  test('one model serves batches of different sizes, also where two dimensions grow', async () => {
    const x = vector('x', [ANY])
    x.graph.output('pairs', ops.reshape(ops.add(ops.unsqueeze(x, [1]), ops.expand(x.graph.scalar(1), [ANY, 2])), [2 * ANY]))
    const session = await Session.create(x.graph, { threads: 1 })
    for (const xs of [[1], [1, 2, 3]]) {
      const { pairs } = await session.run({ x: tensor(Float32Array.from(xs), 'float32', [xs.length]) })
      expect([...(pairs!.data as Float32Array)]).toEqual(xs.flatMap((v) => [v + 1, v + 1]))
    }
    await session.release()
  })
  test('shapes that are multiples of the batch are computed from it', async () => {
    const x = vector('x', [ANY])
    x.graph.output('threes', ops.expand(ops.reduceSum(x, { axes: [0], keepdims: true }), [3 * ANY]))
    const session = await Session.create(x.graph, { threads: 1 })
    const { threes } = await session.run({ x: tensor(Float32Array.of(1, 2), 'float32', [2]) })
    expect([...(threes!.data as Float32Array)]).toEqual(Array(6).fill(3))
    await session.release()
  })
  test('a number that was made for one size is refused', () => {
    const x = vector('x', [ANY])
    x.graph.output('y', ops.add(x, x.graph.constant(new Float32Array(ANY), 'float32', [ANY])))
    expect(() => encodeModel(x.graph)).toThrow('made for one batch size')
  })
})
