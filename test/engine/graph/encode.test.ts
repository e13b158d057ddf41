/** The bytes of a model, read back by the field numbers of onnx.proto. */
import fs from 'node:fs'
import path from 'node:path'
import { PbfReader } from 'pbf'
import { describe, expect, test } from 'vitest'
import { ANY, BatchShapes, isAnyBatch, refuseFixed } from '../../../src-main/engine/graph/any-batch.ts'
import { DataTypes, type DType } from '../../../src-main/engine/graph/dtypes.ts'
import { encodeModel, storedWeights } from '../../../src-main/engine/graph/encode.ts'
import { type Emission, externalFiles, Graph, type Op, type Value } from '../../../src-main/engine/graph/graph.ts'
import { cast, mul } from '../../../src-main/engine/ops/index.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

type Fields = Record<number, unknown[]>
/** All fields of a message by number; bytes are left as they are. */
function fields(bytes: Uint8Array): Fields {
  const found: Fields = {}
  new PbfReader(bytes).readFields((tag: number, into: Fields, pbf: PbfReader) => {
    const value = pbf.type === 2 ? pbf.readBytes() : pbf.type === 5 ? pbf.readFloat() : pbf.readVarint(true)
    ;(into[tag] ??= []).push(value)
  }, found)
  return found
}
const text = (bytes: unknown) => Buffer.from(bytes as Uint8Array).toString()
const texts = (list: unknown[] = []) => list.map(text)
const messages = (list: unknown[] = []) => list.map((bytes) => fields(bytes as Uint8Array))

const types = ['', 'float', 'int', 'string', '', '', '', 'ints']
function attribute(f: Fields): [string, unknown] {
  const kind = types[f[20]![0] as number]
  return [text(f[1]![0]), { float: f[2]?.[0], int: f[3]?.[0], string: f[4] && text(f[4][0]), ints: f[8] ?? [] }[kind as 'int']]
}
function valueInfo(f: Fields) {
  const type = messages(messages(f[2])[0]![1])[0]!
  const shape = messages(messages(type[2])[0]![1]).map((d) => d[1]?.[0] ?? text(d[2]![0]))
  return { name: text(f[1]![0]), dtype: type[1]![0], shape }
}
function initialiser(f: Fields) {
  const external = Object.fromEntries(messages(f[13]).map((entry) => texts([entry[1]![0], entry[2]![0]]) as [string, string]))
  const data = f[9] && [...(f[9][0] as Uint8Array)]
  return { name: text(f[8]![0]), dtype: f[2]![0], shape: f[1] ?? [], ...(data ? { data } : { external, location: f[14] }) }
}
function model(graph: Graph) {
  const whole = fields(encodeModel(graph))
  const inner = messages(whole[7])[0]!
  const nodes = messages(inner[1]).map((f) => ({
    ...{ inputs: texts(f[1]), outputs: texts(f[2]), name: text(f[3]![0]), type: text(f[4]![0]) },
    attributes: Object.fromEntries(messages(f[5]).map(attribute)),
    domain: f[7] && text(f[7][0]),
  }))
  return {
    version: whole[1],
    producer: texts(whole[2]),
    opsets: messages(whole[8]).map((f) => [text(f[1]?.[0] ?? Buffer.of()), f[2]![0]]),
    name: texts(inner[2]),
    nodes,
    initialisers: messages(inner[5]).map(initialiser),
    inputs: messages(inner[11]).map(valueInfo),
    outputs: messages(inner[12]).map(valueInfo),
  }
}

/** An op that becomes what `emission` says; its output is like its first input. */
const op = (name: string, emission: (inputs: readonly Value[]) => Partial<Emission> = () => ({})): Op => ({
  name,
  infer: (inputs) => [{ dtype: inputs[0]?.dtype ?? 'float32', shape: inputs[0]?.shape ?? [2] }],
  emit: ({ inputs }) => ({ type: name, inputs, ...emission(inputs) }),
})
const apply = (graph: Graph, name: string, ...inputs: Value[]) => graph.apply(op(name), inputs, null)[0]!
const names = (graph: Graph) => model(graph).nodes.map((node) => node.type)

describe('a model', () => {
  test('has versions, a name, and its nodes with their scope', () => {
    const graph = new Graph()
    const x = graph.input('x', 'float32', [2, 3])
    graph.input('unused', 'float32', [2])
    const y = graph.scoped('layer.1', () => apply(graph, 'Exp', x))
    graph.output('y', apply(graph, 'Log', y))
    graph.output('again', y)
    const { nodes, inputs, outputs, initialisers, ...about } = model(graph)
    expect(about).toEqual({
      version: [9],
      producer: ['dashi'],
      opsets: [
        ['', 20],
        ['com.microsoft', 1],
      ],
      name: ['step'],
    })
    expect(nodes.map(({ name, inputs: from, outputs: to }) => [name, from, to])).toEqual([
      ['layer.1/Exp_0', ['x'], [y.name]],
      ['Log_1', [y.name], [expect.stringMatching(/^Log_/)]],
      ['out0', [nodes[1]!.outputs[0]], ['y']],
      ['out1', [y.name], ['again']],
    ])
    expect(nodes.map((node) => node.type)).toEqual(['Exp', 'Log', 'Identity', 'Identity'])
    expect(inputs).toEqual([{ name: 'x', dtype: 1, shape: [2, 3] }])
    expect(outputs).toEqual(['y', 'again'].map((name) => ({ name, dtype: 1, shape: [2, 3] })))
    expect(initialisers).toEqual([])
  })

  test('gives attributes their types and other domains their name', () => {
    const graph = new Graph()
    const x = graph.input('x', 'int64', [2])
    const weird = op('Weird', () => ({
      domain: 'com.microsoft',
      attributes: { whole: -7, part: { float: 0.5 }, word: 'é', list: [1, -2, 3], none: [] },
    }))
    graph.output('y', graph.apply(weird, [x], null)[0]!)
    graph.output('z', apply(graph, 'Plain', x))
    const [first, second] = model(graph).nodes
    expect(first).toMatchObject({ domain: 'com.microsoft', attributes: { whole: -7, part: 0.5, word: 'é', list: [1, -2, 3], none: [] } })
    expect(second).toMatchObject({ domain: undefined, attributes: {} })
  })

  test('holds constants and literals in their bytes, each literal once', () => {
    const graph = new Graph()
    const x = graph.input('x', 'float32', [2])
    const axes = (...values: number[]) => ({ dtype: 'int64' as const, shape: [values.length], data: BigInt64Array.from(values, BigInt) })
    const sum = op('Sum', (inputs) => ({ inputs: [...inputs, axes(1, 2)] }))
    const other = op('Other', (inputs) => ({
      inputs: [axes(1, 2), ...inputs, axes(3), { ...axes(3), dtype: 'int32', data: Int32Array.of(3) }],
    }))
    const constant = graph.constant(Float32Array.of(1, -2, 0.5, 4).subarray(1, 3), 'float32', [2])
    graph.output('y', graph.apply(other, [graph.apply(sum, [x], null)[0]!, constant], null)[0]!)
    const { initialisers, nodes } = model(graph)
    const bytes = (array: ArrayBufferView) => [...new Uint8Array(array.buffer, array.byteOffset, array.byteLength)]
    expect(initialisers).toEqual([
      { name: 'literal_0', dtype: 7, shape: [2], data: bytes(BigInt64Array.of(1n, 2n)) },
      { name: 'literal_1', dtype: 7, shape: [1], data: bytes(BigInt64Array.of(3n)) },
      { name: 'literal_2', dtype: 6, shape: [1], data: bytes(Int32Array.of(3)) },
      { name: constant.name, dtype: 1, shape: [2], data: bytes(Float32Array.of(-2, 0.5)) },
    ])
    expect(nodes[1]!.inputs).toEqual(['literal_0', nodes[0]!.outputs[0], constant.name, 'literal_1', 'literal_2'])
  })

  test('refers to mapped weights by base name, place and length', () => {
    const graph = new Graph()
    const at = (offset: number) => ({ file: '/some/where/model.safetensors', offset, length: 8 })
    const plain = graph.external('plain', 'float32', [2], at(100))
    const kept = graph.external('kept', 'bfloat16', [2, 2], at(108), { asStored: true })
    expect(graph.external('plain', 'float32', [2], at(100))).toBe(plain)
    graph.external('unused', 'float32', [2], { ...at(0), file: '/else/where' })
    graph.output('y', apply(graph, 'Both', plain, kept))
    graph.output('z', apply(graph, 'One', plain))
    const external = (offset: string) => ({ location: 'model.safetensors', offset, length: '8' })
    expect(model(graph).initialisers).toEqual([
      { name: 'plain', dtype: 1, shape: [2], external: external('100'), location: [1] },
      { name: 'kept', dtype: 16, shape: [2, 2], external: external('108'), location: [1] },
    ])
    // What is kept as it is stored can be overridden, so that it is not cast when the session is made.
    expect(model(graph).inputs).toEqual([{ name: 'kept', dtype: 16, shape: [2, 2] }])
    expect(externalFiles(graph)).toEqual(['/some/where/model.safetensors'])
    expect(storedWeights(graph)).toEqual([])
  })

  test('is fed weights in memory that are kept as they are stored', async () => {
    const graph = new Graph()
    const weight = graph.stored('weight', Uint16Array.of(0x3c00, 0x4000), 'float16', [2])
    expect(graph.stored('weight', Uint16Array.of(0, 0), 'float16', [2])).toBe(weight)
    graph.stored('unused', Uint16Array.of(0, 0), 'float16', [2])
    const x = graph.input('x', 'float32', [2])
    const constant = graph.constant(Float32Array.of(10, 100), 'float32', [2])
    graph.output('y', mul(mul(x, cast(weight, 'float32')), constant))
    expect(storedWeights(graph)).toEqual([weight])
    const { inputs, initialisers } = model(graph)
    expect(inputs).toEqual([
      { name: 'x', dtype: 1, shape: [2] },
      { name: 'weight', dtype: 10, shape: [2] },
    ])
    expect(initialisers.map((i) => i.name)).toEqual([constant.name])
    const session = await Session.create(graph, { threads: 1 })
    const { y } = await session.run({ x: tensor(Float32Array.of(3, 4), 'float32', [2]) })
    expect([...(y!.data as Float32Array)]).toEqual([30, 800])
    await session.release()
  })

  test('computes what depends on stored weights alone before everything else', () => {
    const graph = new Graph()
    const [a, b] = ['a', 'b'].map((name) => graph.stored(name, new Uint16Array(2), 'float16', [2])) as [Value, Value]
    const x = graph.input('x', 'float16', [2])
    const constant = graph.constant(new Float32Array(2), 'float32', [2])
    const none = apply(graph, 'None')
    const first = apply(graph, 'First', x)
    const mixed = apply(graph, 'Mixed', a, x)
    const [castA, castB] = [apply(graph, 'CastA', a), apply(graph, 'CastB', b, a)]
    const later = apply(graph, 'Later', castA)
    graph.output('y', apply(graph, 'All', none, first, mixed, castA, later, castB, apply(graph, 'Plain', constant)))
    expect(names(graph)).toEqual(['CastA', 'CastB', 'None', 'First', 'Mixed', 'Later', 'Plain', 'All', 'Identity'])
  })
})

describe('any batch', () => {
  const ints = (...xs: number[]) => ({ dtype: 'int64' as const, shape: [xs.length], data: BigInt64Array.from(xs, BigInt) })

  test('shapes of inputs and outputs name what grows', () => {
    const graph = new Graph()
    const x = graph.input('x', 'float32', [3 * ANY, 2])
    graph.input('fixed', 'float32', [2])
    graph.output('y', apply(graph, 'Exp', x, graph.input('b', 'float32', [ANY])))
    expect(isAnyBatch(graph)).toBe(true)
    expect(model(graph).inputs).toMatchObject([{ shape: ['batch*3', 2] }, { shape: ['batch'] }])
    expect(model(graph).outputs).toMatchObject([{ shape: ['batch*3', 2] }])
  })

  test('a size is read from the first input that begins with it, once; equal shapes are computed once', () => {
    const graph = new Graph()
    const inputs = [graph.input('a', 'float32', [2, ANY]), graph.input('x', 'float32', [ANY]), graph.input('z', 'float32', [ANY])]
    const shapes = new BatchShapes(inputs)
    const expand = (...dims: number[]) => shapes.operand({ type: 'Expand', inputs: [] }, ints(...dims))
    const one = expand(ANY, 2)
    expect([expand(ANY, 2), typeof one]).toEqual([one, 'string'])
    const two = shapes.operand({ type: 'Reshape', inputs: [] }, ints(2 * ANY, ANY))
    expect(shapes.nodes).toEqual([
      { e: { type: 'Shape', inputs: [], attributes: { start: 0, end: 1 } }, output: 'batch_shape_0', inputs: ['x'] },
      { e: { type: 'Concat', inputs: [], attributes: { axis: 0 } }, output: one, inputs: ['batch_shape_0', ints(2)] },
      { e: { type: 'Mul', inputs: [] }, output: 'batch_shape_2', inputs: ['batch_shape_0', ints(2)] },
      { e: { type: 'Concat', inputs: [], attributes: { axis: 0 } }, output: two, inputs: ['batch_shape_2', 'batch_shape_0'] },
    ])
    const floats = { dtype: 'float32' as const, shape: [1], data: Float32Array.of(ANY) }
    expect(shapes.operand({ type: 'Add', inputs: [] }, floats)).toBe(floats)
  })

  test('shapes come before the nodes that want them, read from an input that is used', () => {
    const graph = new Graph()
    graph.input('unused', 'float32', [ANY])
    const x = graph.input('x', 'float32', [ANY, 2])
    const grown = op('Expand', (inputs) => ({ inputs: [...inputs, ints(ANY, 5)] }))
    graph.output('y', graph.apply(grown, [x], null)[0]!)
    const { nodes, initialisers } = model(graph)
    expect(nodes.map(({ type, inputs }) => [type, inputs])).toEqual([
      ['Shape', ['x']],
      ['Concat', ['batch_shape_0', expect.stringMatching(/^literal_/)]],
      ['Expand', ['x', 'batch_shape_1']],
      ['Identity', [expect.any(String)]],
    ])
    expect(nodes[0]!.outputs).toEqual(['batch_shape_0'])
    expect(initialisers).toHaveLength(1)
  })

  test('a fixed graph keeps its shapes as they are', () => {
    const graph = new Graph()
    const expand = op('Expand', (inputs) => ({ inputs: [...inputs, ints(3, 5)] }))
    graph.output('y', graph.apply(expand, [graph.input('x', 'float32', [3, 1])], null)[0]!)
    expect(names(graph)).toEqual(['Expand', 'Identity'])
  })

  test('numbers of a node that depend on the batch are refused', () => {
    const refuse = (attributes: Emission['attributes']) => () => refuseFixed([{ type: 'Split', inputs: [], attributes }], [])
    const fixedTo: Emission['attributes'][] = [{ n: ANY }, { other: 1, list: [1, 2 * ANY] }]
    for (const fixed of fixedTo) expect(refuse(fixed)).toThrow('Split was made for one batch size')
    const freeOf: Emission['attributes'][] = [undefined, {}, { n: 0 }, { n: 7, list: [1, 2], word: String(ANY), part: { float: ANY } }]
    for (const free of freeOf) expect(refuse(free)).not.toThrow()
    const graph = new Graph()
    const of = (value: Value) => () => refuseFixed([], [value])
    expect(of(graph.input('x', 'float32', [ANY]))).not.toThrow()
    expect(of(apply(graph, 'Exp', graph.input('y', 'float32', [ANY])))).not.toThrow()
    expect(of(graph.external('w', 'float32', [ANY], { file: 'f', offset: 0, length: 4 }))).toThrow('w was made for one batch size')
    expect(of(graph.external('v', 'float32', [3], { file: 'f', offset: 0, length: 4 }))).not.toThrow()
  })
})

test('element types have the codes of onnx, their sizes, and arrays that hold them', () => {
  const codes = Object.entries(DataTypes).map(([name, { onnx, bytes }]) => [name, onnx, bytes])
  expect(codes).toEqual([
    ['float32', 1, 4],
    ['int32', 6, 4],
    ['int64', 7, 8],
    ['bool', 9, 1],
    ['float16', 10, 2],
    ['bfloat16', 16, 2],
  ])
  const of = (type: DType) => DataTypes[type].from([1, 0, 2])
  expect([of('float32'), of('int32'), of('int64'), of('bool')]).toEqual([
    Float32Array.of(1, 0, 2),
    Int32Array.of(1, 0, 2),
    BigInt64Array.of(1n, 0n, 2n),
    Uint8Array.of(1, 0, 2),
  ])
  for (const type of ['float16', 'bfloat16'] as const) expect(() => of(type)).toThrow(`${type} values can only be read from files`)
})

test('values have numbers of their own, which names of constants and nodes end in', () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', [2])
  const values = [x, graph.scalar(1), graph.scalar(2), apply(graph, 'Exp', x)]
  expect(values.map((v) => v.id)).toEqual([0, 1, 2, 3])
  expect(values.map((v) => v.name)).toEqual(['x', 'const_1', 'const_2', 'Exp_3'])
  expect(graph.scalar(1, 'int64')).not.toBe(values[1])
})

test('weights in several folders are refused, a link is followed to the file', async () => {
  const [one, two] = [temporaryFolder(), temporaryFolder()]
  const file = path.join(one, 'weights.bin')
  fs.writeFileSync(file, Float32Array.of(2, 3))
  fs.writeFileSync(path.join(two, 'other.bin'), Float32Array.of(5, 7))
  const scaled = (...files: string[]) => {
    const graph = new Graph()
    let y = graph.input('x', 'float32', [2])
    files.forEach((name, i) => (y = mul(y, graph.external(`w${i}`, 'float32', [2], { file: name, offset: 0, length: 8 }))))
    graph.output('y', y)
    return graph
  }
  await expect(Session.create(scaled(file, path.join(two, 'other.bin')), { threads: 1 })).rejects.toThrow('in several folders')
  if (process.platform === 'win32') return
  // onnxruntime looks for the base name in the real folder.
  fs.symlinkSync(file, path.join(two, 'weights.bin'))
  const session = await Session.create(scaled(path.join(two, 'weights.bin')), { threads: 1 })
  expect([...((await session.run({ x: tensor(Float32Array.of(1, 1), 'float32', [2]) }))['y']!.data as Float32Array)]).toEqual([2, 3])
  await session.release()
})
