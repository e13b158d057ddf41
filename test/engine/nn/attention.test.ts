import { describe, expect, test } from 'vitest'
import { Graph, type Value } from '../../../src-main/engine/graph/graph.ts'
import { attend, isFused, multiHeadAttention, relativeBias } from '../../../src-main/engine/nn/attention.ts'
import type { Weights } from '../../../src-main/engine/nn/params.ts'
import { concat, slice } from '../../../src-main/engine/ops/index.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'
import { type Apply, checkGolden, type GoldenCase } from '../../helpers/check-op.ts'
import { golden, largestDifference } from '../../helpers/golden.ts'

const { cases } = golden<{ cases: GoldenCase[] }>('layers.json')

/** A layer's weights from operands, in the order in which they are asked for by name. */
const weights = (named: Readonly<Record<string, Value>>, graph: Graph): Weights => ({
  graph,
  get: (name) => named[name]!,
  scoped: (name, build) => graph.scoped(name, build),
  leave: (_, y) => y,
})

const layers: Readonly<Record<string, Apply<never>>> = {
  attend: ([q, k, v, ...more], { heads, mask, bias }: { heads: number; mask?: boolean; bias?: boolean }) =>
    attend(q!, k!, v!, { heads, mask: mask ? more[0] : undefined, bias: bias ? more.at(-1) : undefined }),
  multiHeadAttention: (inputs, { heads, names, sources }: { heads: number; names: string[]; sources: number }) => {
    const named = Object.fromEntries(
      names.flatMap((name, i) => [
        [`layer.${name}.weight`, inputs[sources + 2 * i]!],
        [`layer.${name}.bias`, inputs[sources + 2 * i + 1]!],
      ]),
    )
    const [query, key, value] = inputs.slice(0, sources)
    return multiHeadAttention(weights(named, query!.graph), 'layer', { query: query!, key, value }, { heads })
  },
  relativeBias: ([table], { window, heads }: { window: [number, number]; heads: number }) =>
    relativeBias(weights({ table: table! }, table!.graph), 'table', window, heads),
}

describe('against PyTorch, outputs and gradients', () => {
  test.each(Object.keys(layers))('%s', async (name) => {
    const own = cases.filter((c) => c.op === name)
    expect(own.length).toBeGreaterThan(1)
    for (const c of own) await checkGolden(layers[name] as Apply<unknown>, c)
  })
})

test('a query that sees no key spreads evenly over all', async () => {
  const graph = new Graph()
  const [q, k, v] = ['q', 'k', 'v'].map((name) => graph.input(name, 'float32', [1, 2, 2])) as [Value, Value, Value]
  const mask = graph.constant(Uint8Array.of(1, 0, 0, 0), 'bool', [2, 2])
  graph.output('y', attend(q, k, v, { heads: 1, mask }))
  const session = await Session.create(graph, { threads: 1 })
  const feed = (...xs: number[]) => tensor(Float32Array.from(xs), 'float32', [1, 2, 2])
  const { y } = await session.run({ q: feed(1, 2, 3, 4), k: feed(4, 3, 2, 1), v: feed(1, 2, 5, 10) })
  expect([...(y!.data as Float32Array)]).toEqual([1, 2, 3, 6])
  await session.release()
})

test('heads that do not divide the width are refused', () => {
  const x = new Graph().input('x', 'float32', [1, 2, 6])
  expect(() => attend(x, x, x, { heads: 4 })).toThrow('attention: 4 heads do not divide [1,2,6]')
})

test('of many tokens it is one node, with the same results as head by head', async () => {
  const t = 2400 // three heads of 2400² weights are more than 2²⁴, one is not
  expect([isFused(3, t, t), isFused(1, t, t)]).toEqual([true, false])
  const graph = new Graph()
  const x = graph.input('x', 'float32', [1, t, 3])
  graph.output('y', attend(x, x, x, { heads: 3 }))
  const alone = [0, 1, 2].map((i) => {
    const head = slice(x, { axis: 2, start: i, end: i + 1 })
    return attend(head, head, head, { heads: 1 })
  })
  graph.output('apart', concat(alone, { axis: 2 }))
  const session = await Session.create(graph)
  const noise = Float32Array.from({ length: 3 * t }, (_, i) => Math.sin(i * 12.9898) * 3)
  const out = await session.run({ x: tensor(noise, 'float32', [1, t, 3]) })
  await session.release()
  expect(largestDifference(out['y']!.data as Float32Array, out['apart']!.data as Float32Array)).toBeLessThan(1e-5)
})
