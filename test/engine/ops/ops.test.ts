import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import * as ops from '../../../src-main/engine/ops/index.ts'
import { checkGolden, checkNumerically, type GoldenCase } from '../../helpers/check-op.ts'
import { golden } from '../../helpers/golden.ts'
import { table } from './op-table.ts'

const cases = ['ops.json', 'ops-spatial.json'].flatMap((file) => golden<{ cases: GoldenCase[] }>(file).cases)
/** Names that engine/ops exports beside ops. */
const HELPERS = ['allOps', 'sameShape', 'unbroadcast', 'zeros']

const forward = new Set<string>() // registered ops that some golden case went through
const differentiated = new Set<string>() // those that some numeric check went through

describe('against PyTorch: outputs within 1e-5, gradients within 1e-4', () => {
  test.each(Object.keys(table).filter((name) => name !== 'scatterAddRowsBackward'))('%s', async (name) => {
    const own = cases.filter((c) => c.op === name)
    expect(own.length).toBeGreaterThan(0)
    for (const c of own) for (const op of await checkGolden(table[name]!.apply as never, c)) forward.add(op)
  })
})

describe('against central differences', () => {
  const withGradient = Object.entries(table).filter(([, entry]) => entry.points)
  test.each(withGradient.map(([name]) => name))('%s', async (name) => {
    const { apply, points, wrt } = table[name]!
    await fc.assert(
      fc.asyncProperty(points!, fc.integer(), async (at, seed) => {
        for (const op of await checkNumerically(name, apply as never, at, mulberry(seed), wrt)) differentiated.add(op)
      }),
      { numRuns: 12, seed: 7 },
    )
  })
})

describe('nothing goes unchecked', () => {
  test('every function of engine/ops is in the table, and every golden case has its op', () => {
    const exported = Object.entries(ops).flatMap(([name, f]) => (typeof f === 'function' && !HELPERS.includes(name) ? [name] : []))
    expect(exported.filter((name) => !(name in table))).toEqual([])
    expect([...new Set(cases.map((c) => c.op))].filter((name) => !(name in table))).toEqual([])
  })

  test('every registered op was run, and differentiated or states that it has no gradient', () => {
    const registered = [...ops.allOps.keys()]
    expect(registered.filter((name) => !forward.has(name) && !differentiated.has(name))).toEqual([])
    // ArgMax alone is part of nothing that has a gradient.
    expect(registered.filter((name) => !differentiated.has(name))).toEqual(['ArgMax'])
  })
})

describe('the reverse walk', () => {
  const scalar = () => new Graph().input('x', 'float32', [])

  test('sums the gradients of a value used several times', async () => {
    await checkNumerically(
      'x·x + x·exp x',
      ([x]) => ops.add(ops.mul(x!, x!), ops.mul(x!, ops.exp(x!))),
      { attrs: {}, inputs: [{ dtype: 'float32', shape: [3], data: Float32Array.of(-0.5, 0.1, 0.9) }] },
      mulberry(1),
    )
  })

  test('refuses a loss that is not a scalar, and a parameter that does not reach the loss', () => {
    const x = new Graph().input('x', 'float32', [2])
    expect(() => gradients(ops.exp(x), [x])).toThrow('not a scalar')
    const y = x.graph.input('y', 'float32', [])
    expect(() => gradients(ops.reduceSum(x), [y])).toThrow('y does not reach the loss')
  })

  test('names an op that has no rule', () => {
    const x = scalar()
    const mystery = {
      name: 'Mystery',
      infer: () => [{ dtype: 'float32' as const, shape: [] }],
      emit: () => ({ type: 'Mystery', inputs: [x] }),
    }
    const [y] = x.graph.apply(mystery, [x], undefined)
    expect(() => gradients(y!, [x])).toThrow('Mystery has no gradient rule')
  })
})

/** Tommy Ettinger's mulberry32: a seeded source of numbers in [0, 1). */
function mulberry(seed: number): () => number {
  let a = seed | 0
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
