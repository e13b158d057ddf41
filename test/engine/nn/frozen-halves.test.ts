import { expect, test } from 'vitest'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { type FrozenAs, Params, type WeightSource, tensorsInMemory } from '../../../src-main/engine/nn/params.ts'
import { linear } from '../../../src-main/engine/nn/transformer.ts'
import { reduceSum } from '../../../src-main/engine/ops/index.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'
import { openSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { goldenPath } from '../../helpers/golden.ts'

const wave = (n: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 0.7))
const x = tensor(wave(8), 'float32', [2, 4])

/** x through two layers of frozen weights, and the gradient of x. */
async function through(source: WeightSource, frozen: FrozenAs, names = ['a', 'b'], width = 4) {
  const graph = new Graph()
  const p = new Params(graph, source, () => false, { frozen })
  const input = graph.input('x', 'float32', [2, width])
  const y = names.reduce((v, name) => linear(p, name, v, source.info(`${name}.weight`).shape[0]!), input)
  graph.output('y', y)
  graph.output('g', gradients(reduceSum(y), [input])[0]!)
  const session = await Session.create(graph, { threads: 1 })
  const out = await session.run({ x: width === 4 ? x : tensor(wave(2 * width), 'float32', [2, width]) })
  await session.release()
  return { y: [...(out['y']!.data as Float32Array)], g: [...(out['g']!.data as Float32Array)] }
}

const layers = (weight: (name: string) => Float32Array) =>
  tensorsInMemory(
    'layers',
    new Map([
      ['a.weight', [4, 4]],
      ['a.bias', [4]],
      ['b.weight', [4, 4]],
      ['b.bias', [4]],
    ]),
    (name) => (name.endsWith('bias') ? wave(4) : weight(name)),
  )

test('weights that 16 bits hold give the same numbers, bit for bit, and gradients pass through them', async () => {
  const exact = layers((name) => Float32Array.from({ length: 16 }, (_, i) => ((i * 7 + name.length) % 11) / 8 - 0.5))
  expect(await through(exact, 'half')).toEqual(await through(exact, 'float'))
})

test('others are rounded to the nearest that they hold; biases are not', async () => {
  const [float, half] = [
    await through(
      layers(() => wave(16)),
      'float',
    ),
    await through(
      layers(() => wave(16)),
      'half',
    ),
  ]
  expect(half.y).not.toEqual(float.y)
  half.y.forEach((v, i) => expect(Math.abs(v - float.y[i]!)).toBeLessThan(5e-3))
})

test('kept as they are stored, 32 bits stay 32 bits', async () => {
  const own = layers(() => wave(16))
  expect(await through(own, 'stored')).toEqual(await through(own, 'float'))
})

test('a tensor with a value that they cannot hold stays in 32 bits', async () => {
  const large = layers((name) => (name === 'a.weight' ? wave(16).fill(70000, 3, 4) : new Float32Array(16).fill(0.5)))
  expect(await through(large, 'half')).toEqual(await through(large, 'float'))
})

test.each(['fp16', 'bf16'])('a %s file is used as it is', async (kind) => {
  const file = openSafetensors(goldenPath(`clip/${kind}/model.safetensors`))
  try {
    const name = 'text_model.encoder.layers.0.mlp.fc1'
    const { dtype, shape, offset, length } = file.stored(`${name}.weight`)
    expect(dtype).toBe(kind === 'fp16' ? 'F16' : 'BF16')
    const source: WeightSource = {
      source: kind,
      has: () => true,
      info: (of) =>
        of.endsWith('weight')
          ? { dtype, shape, file: goldenPath(`clip/${kind}/model.safetensors`), offset, length }
          : { dtype: 'F32', shape: [shape[0]!] },
      float32: (of) => file.float32(of),
    }
    const float = await through(source, 'float', [name], shape[1])
    expect(await through(source, 'half', [name], shape[1])).toEqual(float)
    expect(await through(source, 'stored', [name], shape[1])).toEqual(float)
  } finally {
    file.close()
  }
})
