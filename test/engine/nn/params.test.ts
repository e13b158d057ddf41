/** How a layer's weights come into a graph: as inputs that are trained, as buffers, or frozen from their files. */
import { describe, expect, test } from 'vitest'
import type { DashiError } from '#shared/errors.ts'
import { Graph, type Value } from '../../../src-main/engine/graph/graph.ts'
import { type FrozenAs, Params, type ParamsOptions, tensorsInMemory, type WeightSource } from '../../../src-main/engine/nn/params.ts'
import { causalMask, encoder, layerNorm, linear, mlp } from '../../../src-main/engine/nn/transformer.ts'
import { batchNorm, convolution } from '../../../src-main/engine/nn/conv.ts'
import { relativeBias } from '../../../src-main/engine/nn/attention.ts'

const SHAPES: Record<string, number[]> = { matrix: [2, 3], vector: [3], kernel: [2, 1, 1, 1], mean: [3] }
const memory = (values: (name: string) => number = () => 0.5) =>
  tensorsInMemory('MEMORY', new Map(Object.entries(SHAPES)), (name) =>
    new Float32Array(SHAPES[name]!.reduce((a, b) => a * b, 1)).fill(values(name)),
  )
const inFile = (dtype: string): WeightSource => ({
  ...memory(),
  source: 'FOLDER',
  info: (name) => ({ dtype, shape: SHAPES[name]!, file: 'FILE', offset: 64, length: 24 }),
})
const all = () => true
const none = () => false
const params = (source: WeightSource, trained: (name: string) => boolean, options?: ParamsOptions) =>
  new Params(new Graph(), source, trained, options)
/** What a value is: itself, or what it is cast from. */
const origin = (v: Value): Value => (v.source.kind === 'node' && v.source.node.op.name === 'Cast' ? v.source.node.inputs[0]! : v)

describe('trained tensors', () => {
  test('are inputs, once each; matrices and kernels decay, vectors do not', () => {
    const p = params(memory(), all)
    const value = p.get('matrix', [2, 3])
    expect(value).toMatchObject({ name: 'w:matrix', dtype: 'float32', shape: [2, 3], source: { kind: 'input' } })
    expect(p.get('matrix', [2, 3])).toBe(value)
    p.get('vector', [3])
    p.get('kernel', [2, 1, 1, 1])
    expect(p.trainable).toEqual([
      { name: 'matrix', shape: [2, 3], decay: true },
      { name: 'vector', shape: [3], decay: false },
      { name: 'kernel', shape: [2, 1, 1, 1], decay: true },
    ])
  })
  test('decay by the rule that is given', () => {
    const asked: unknown[] = []
    const p = params(memory(), all, { decays: (...a) => (asked.push(a), a[0] === 'vector') })
    p.get('matrix', [2, 3])
    p.get('vector', [3])
    expect(p.trainable.map((t) => t.decay)).toEqual([false, true])
    expect(asked).toEqual([
      ['matrix', [2, 3]],
      ['vector', [3]],
    ])
  })
  test('are none unless they are chosen', () => {
    const p = new Params(new Graph(), memory())
    expect([p.get('matrix', [2, 3]).source.kind, p.trainable, p.renews('matrix')]).toEqual(['constant', [], false])
  })
})

describe('tensors without a gradient', () => {
  test('are inputs where their layer is trained, and no parameters', () => {
    const p = params(memory(), all, { training: true })
    expect(p.buffer('mean', [3])).toMatchObject({ name: 'buffer:mean', shape: [3], source: { kind: 'input' } })
    expect(p.trainable).toEqual([])
    expect(params(memory(), none).buffer('mean', [3]).source.kind).toBe('constant')
  })
  test('are renewed in training, where their layer is trained', () => {
    const renews = (trained: () => boolean, options?: ParamsOptions) => params(memory(), trained, options).renews('mean')
    expect([renews(all, { training: true }), renews(all, { training: false }), renews(all), renews(none, { training: true })]).toEqual([
      ...[true, false, false, false],
    ])
    const p = params(memory(), all, { training: true })
    const next = p.graph.input('next', 'float32', [3])
    p.renew('mean', next)
    expect(p.buffers).toEqual([{ name: 'mean', shape: [3], next }])
  })
})

describe('a tensor that is not as the configuration has it', () => {
  const refused = (source: WeightSource, name: string, shape: number[]) => {
    try {
      params(source, all).get(name, shape)
      return 'taken'
    } catch (e) {
      const [place, tensor] = (e as Error).message.split(': ')
      return [(e as DashiError).fault, place, tensor]
    }
  }
  test('is refused by the file that has it, or the folder that does not', () => {
    expect(refused(memory(), 'none', [1])).toEqual(['data', 'MEMORY', 'tensor none is missing (shape [1] expected)'])
    expect(refused(memory(), 'matrix', [3, 2])).toEqual(['data', 'MEMORY', 'tensor matrix'])
    expect(refused(inFile('F32'), 'matrix', [2, 3, 1])).toEqual(['data', 'FILE', 'tensor matrix'])
    expect(refused(inFile('F32'), 'matrix', [2, 3])).toBe('taken')
  })
})

describe('frozen tensors', () => {
  const held = (source: WeightSource, name: string, frozen?: FrozenAs) => {
    const value = params(source, none, frozen && { frozen }).get(name, SHAPES[name]!)
    expect([value.dtype, value.shape]).toEqual(['float32', SHAPES[name]])
    const { dtype, source: from } = origin(value)
    return [dtype, from.kind, from.kind === 'node' || from.kind === 'input' ? undefined : Boolean(from.asStored)]
  }
  test.each<[string, string]>([
    ['F32', 'float32'],
    ['F16', 'float16'],
    ['BF16', 'bfloat16'],
  ])('of %s are mapped from their file as %s, and cast once', (dtype, type) => {
    expect([held(inFile(dtype), 'matrix'), held(inFile(dtype), 'vector'), held(inFile(dtype), 'matrix', 'float')]).toEqual(
      Array(3).fill([type, 'external', false]),
    )
    const mapped = origin(params(inFile(dtype), none).get('matrix', [2, 3])).source
    expect(mapped).toMatchObject({ external: { file: 'FILE', offset: 64, length: 24 } })
  })
  test('of another type are read into memory', () => expect(held(inFile('F64'), 'matrix')).toEqual(['float32', 'constant', false]))
  test('kept as stored: matrices of 16 bits stay so, vectors and those of 32 do not', () => {
    const kept = (dtype: string, name: string) => held(inFile(dtype), name, 'stored')
    expect([kept('F16', 'matrix'), kept('BF16', 'kernel'), kept('F16', 'vector'), kept('F32', 'matrix')]).toEqual([
      ['float16', 'external', true],
      ['bfloat16', 'external', true],
      ['float16', 'external', false],
      ['float32', 'external', false],
    ])
    expect(held(memory(), 'matrix', 'stored')).toEqual(['float32', 'constant', false])
  })
  test('kept in half: matrices of 32 bits are rounded too, unless a value is out of range', () => {
    const half = (source: WeightSource, name = 'matrix') => held(source, name, 'half')
    expect([half(memory()), half(inFile('F32')), half(memory(), 'vector'), half(inFile('F32'), 'vector')]).toEqual([
      ['float16', 'constant', true],
      ['float16', 'constant', true],
      ['float32', 'constant', false],
      ['float32', 'external', false],
    ])
    expect([half(inFile('F16')), half(inFile('BF16'))]).toEqual([
      ['float16', 'external', true],
      ['bfloat16', 'external', true],
    ])
    const limit = (x: number) => half(memory(() => x))[0]
    expect([65504, 65519, -65519, 65520, -65520, Infinity].map(limit)).toEqual([
      ...['float16', 'float16', 'float16', 'float32', 'float32', 'float32'],
    ])
  })
})

describe('layers ask for tensors by name and shape', () => {
  const asked = (build: (p: Params, x: Value) => Value, ...shape: number[]) => {
    const names: [string, readonly number[]][] = []
    const source: WeightSource = { ...memory(), has: () => true, info: () => ({ dtype: 'F32', shape: names.at(-1)![1] }) }
    const p = new Params(new Graph(), source, all, { training: true })
    const get = p.get.bind(p)
    const buffer = p.buffer.bind(p)
    p.get = (name, s) => (names.push([name, s]), get(name, s))
    p.buffer = (name, s) => (names.push([name, s]), buffer(name, s))
    const y = build(p, p.graph.input('x', 'float32', shape))
    return { tensors: Object.fromEntries(names), shape: y.shape }
  }
  const c = {
    hidden_size: 6,
    intermediate_size: 10,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    hidden_act: 'gelu',
    layer_norm_eps: 0.1,
  } as const
  test.each<[string, (p: Params, x: Value) => Value, number[], Record<string, number[]>, number[]]>([
    ['linear', (p, x) => linear(p, 'l', x, 4), [2, 3, 6], { 'l.weight': [4, 6], 'l.bias': [4] }, [2, 3, 4]],
    ['linear without bias', (p, x) => linear(p, 'l', x, 4, { bias: false }), [6], { 'l.weight': [4, 6] }, [4]],
    ['a norm', (p, x) => layerNorm(p, 'n', x, 0.1), [2, 6], { 'n.weight': [6], 'n.bias': [6] }, [2, 6]],
    [
      'an MLP',
      (p, x) => mlp(p, 'm', x, c),
      [2, 6],
      { 'm.fc1.weight': [10, 6], 'm.fc1.bias': [10], 'm.fc2.weight': [6, 10], 'm.fc2.bias': [6] },
      [2, 6],
    ],
    [
      'a convolution',
      (p, x) => convolution(p, 'c', x, 8, { kernel: [3, 1], groups: 2, padding: 1 }),
      [1, 4, 5, 5],
      { 'c.weight': [8, 2, 3, 1], 'c.bias': [8] },
      [1, 8, 5, 7],
    ],
    [
      'a convolution without bias',
      (p, x) => convolution(p, 'c', x, 8, { kernel: [3], bias: false }),
      [1, 4, 5],
      { 'c.weight': [8, 4, 3] },
      [1, 8, 3],
    ],
    [
      'batch normalisation',
      (p, x) => batchNorm(p, 'b', x),
      [2, 3, 4],
      { 'b.weight': [3], 'b.bias': [3], 'b.running_mean': [3], 'b.running_var': [3] },
      [2, 3, 4],
    ],
    ['a relative bias', (p) => relativeBias(p, 'r', [2, 3], 4), [1], { r: [15, 4] }, [4, 6, 6]],
  ])('%s', (_, build, shape, tensors, out) => expect(asked(build, ...shape)).toEqual({ tensors, shape: out }))
  test('an encoder has its layers by number, each with two norms, attention and an MLP', () => {
    const { tensors, shape } = asked((p, x) => encoder(p, 'e', x, c), 1, 3, 6)
    const parts = [
      'self_attn.q_proj',
      'self_attn.k_proj',
      'self_attn.v_proj',
      'self_attn.out_proj',
      'layer_norm1',
      'layer_norm2',
      'mlp.fc1',
      'mlp.fc2',
    ]
    expect(Object.keys(tensors).sort()).toEqual(
      [0, 1].flatMap((i) => parts.flatMap((part) => [`e.layers.${i}.${part}.weight`, `e.layers.${i}.${part}.bias`])).sort(),
    )
    expect(shape).toEqual([1, 3, 6])
  })
  test('batch normalisation needs two values a channel, in training', () => {
    const norm = (batch: number) => () => asked((p, x) => batchNorm(p, 'b', x), batch, 3)
    expect(norm(2)).not.toThrow()
    expect(norm(1)).toThrow('one value per channel')
  })
})

test('a causal mask lets each token see itself and those before', () => {
  const mask = causalMask(new Graph().input('x', 'float32', [1]), 3)
  const lowest = -3.4028234663852886e38
  expect([mask.shape, mask.dtype, mask.source.kind === 'constant' && [...mask.source.data]]).toEqual([
    [3, 3],
    'float32',
    [0, lowest, lowest, 0, 0, lowest, 0, 0, 0],
  ])
})
