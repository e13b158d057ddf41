import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { Params, tensorsInMemory } from '../../../src-main/engine/nn/params.ts'
import { attention } from '../../../src-main/engine/nn/transformer.ts'
import { add, gather, reduceSum } from '../../../src-main/engine/ops/index.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

const config = {
  hidden_size: 4,
  intermediate_size: 4,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  hidden_act: 'gelu',
  layer_norm_eps: 1e-5,
} as const
const layer = 'visual.layer3.attn'
const shapes = new Map(
  ['q', 'k', 'v', 'out'].flatMap((part) => [
    [`${layer}.${part}_proj.weight`, [4, 4]],
    [`${layer}.${part}_proj.bias`, [4]],
  ]),
)
const source = tensorsInMemory('a model', shapes, (name) => Float32Array.from({ length: shapes.get(name)!.length > 1 ? 16 : 4 }, Math.sin))

describe('nodes are named after the layer that made them', () => {
  test('in a profile, gradients too', async () => {
    const profile = path.join(temporaryFolder(), 'profile')
    const graph = new Graph()
    const x = graph.input('x', 'float32', [1, 3, 4])
    const p = new Params(graph, source, () => true)
    const y = attention(p, layer, x, config)
    const weight = p.get(`${layer}.q_proj.weight`, [4, 4])
    graph.output('g', gradients(reduceSum(y), [weight])[0]!)
    const session = await Session.create(graph, { threads: 1, profile })
    const feeds = [...shapes].map(([name, shape]) => [`w:${name}`, tensor(source.float32(name), 'float32', shape)] as const)
    await session.run({ x: tensor(new Float32Array(12).fill(1), 'float32', [1, 3, 4]), ...Object.fromEntries(feeds) })
    session.endProfiling()
    await session.release()
    const [file] = fs.readdirSync(path.dirname(profile))
    const events = JSON.parse(fs.readFileSync(path.join(path.dirname(profile), file!), 'utf8')) as { cat?: string; name: string }[]
    const names = events.filter((e) => e.cat === 'Node').map((e) => e.name)
    for (const part of ['attn.q_proj/Gemm', 'attn/Softmax', 'attn.q_proj/grad/Gemm'])
      expect(
        names.filter((name) => name.startsWith(`visual.layer3.${part}`)),
        `${part} among ${names.join(', ')}`,
      ).not.toEqual([])
  })

  test('in the error of a run', async () => {
    const graph = new Graph()
    const table = graph.input('table', 'float32', [2, 2])
    graph.output(
      'y',
      graph.scoped('text.embedding', () => gather(table, graph.input('ids', 'int32', [1]))),
    )
    const session = await Session.create(graph, { threads: 1 })
    const feeds = { table: tensor(new Float32Array(4), 'float32', [2, 2]), ids: tensor(Int32Array.of(7), 'int32', [1]) }
    await expect(session.run(feeds)).rejects.toThrow('text.embedding/Gather')
    await session.release()
  })

  test('in the error of operands that do not fit', () => {
    const graph = new Graph()
    const [a, b] = [graph.input('a', 'float32', [2]), graph.input('b', 'float32', [3])]
    expect(() => graph.scoped('visual.layer1', () => add(a, b))).toThrow('visual.layer1: Add: shapes [2] and [3] do not broadcast')
    expect(() => add(a, b)).toThrow(/^Add: /)
  })
})
