/** Rows through a graph in batches: what is filled, what is fed, and what of the answers is kept. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ANY } from '../../../src-main/engine/graph/any-batch.ts'
import type { Graph } from '../../../src-main/engine/graph/graph.ts'
import { add, cast, mul, reduceSum } from '../../../src-main/engine/ops/index.ts'
import { BatchSession, type FillRow } from '../../../src-main/engine/runtime/infer.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'

afterEach(() => void vi.restoreAllMocks())
/** Sums of the rows of x plus an offset, and of the rows of numbers; `fixed` for one batch size, as on devices that compile for each. */
const build = (fixed?: number) => (g: Graph, asked: number) => {
  const batch = fixed ?? asked
  const x = g.input('x', 'float32', [batch, 3])
  const n = g.input('n', 'int32', [batch])
  g.input('unused', 'float32', [batch, 2])
  return { sum: add(reduceSum(x, { axes: [1] }), g.input('offset', 'float32', [1])), twice: mul(x, 2), number: cast(n, 'float32') }
}
const fill =
  (seen: number[][] = []): FillRow =>
  (row, into, slot) => {
    seen.push([row, slot])
    into['x']!.set([row, 10 * row, 100] as never, slot * 3)
    into['n']![slot] = 5 - row
  }
const offset = { offset: tensor(Float32Array.of(1000), 'float32', [1]) }
const rows = ['x', 'n', 'unused']
const expected = (n: number) => ({
  sum: Float32Array.from({ length: n }, (_, i) => 1100 + 11 * i),
  twice: Float32Array.from({ length: 3 * n }, (_, i) => 2 * [Math.floor(i / 3), 10 * Math.floor(i / 3), 100][i % 3]!),
  number: Float32Array.from({ length: n }, (_, i) => 5 - i),
})

describe.each([
  ['of any size', undefined],
  ['of one size', 4],
] as const)('batches %s', (_, fixed) => {
  test.each([0, 1, 3, 4, 5, 8, 11])('give %i rows what each row gives', async (n) => {
    const session = await BatchSession.create(4, rows, build(fixed), { threads: 1 })
    expect(session.batch).toBe(4)
    const told: number[] = []
    const answer = await session.run(n, fill(), offset, (done) => told.push(done))
    expect(answer).toEqual(expected(n))
    expect(told).toEqual(Array.from({ length: Math.ceil(n / 4) }, (_x, i) => Math.min(n, 4 * (i + 1))))
    await session.release()
  })
  test('are filled by rows; the last is smaller, or repeats its last row', async () => {
    const seen: number[][] = []
    const run = vi.spyOn(Session.prototype, 'run')
    const session = await BatchSession.create(4, rows, build(fixed), { threads: 1 })
    await session.run(6, fill(seen), offset)
    await session.release()
    const first = [0, 1, 2, 3].map((i) => [i, i])
    expect(seen).toEqual([
      ...first,
      [4, 0],
      [5, 1],
      ...(fixed
        ? [
            [5, 2],
            [5, 3],
          ]
        : []),
    ])
    const dims = run.mock.calls.map(([feeds]) => Object.fromEntries(Object.entries(feeds).map(([name, t]) => [name, t.dims])))
    expect(dims).toEqual([4, fixed ?? 2].map((size) => ({ offset: [1], x: [size, 3], n: [size] })))
  })
})

test('a session is planned for its batch, and of any size where its device takes that', async () => {
  const created = vi.spyOn(Session, 'create').mockResolvedValue({ inputs: new Map(), outputs: new Map() } as never)
  const sizes: number[] = []
  for (const provider of [undefined, 'cpu', 'webgpu', 'cuda'])
    await BatchSession.create(7, [], (g, batch) => (sizes.push(batch), { y: mul(g.input('x', 'float32', [batch]), 2) }), { provider })
  expect(sizes).toEqual([ANY, ANY, 7, 7])
  expect(created.mock.calls.map(([graph, options]) => [graph.outputs.map((o) => o.name), options])).toEqual(
    [undefined, 'cpu', 'webgpu', 'cuda'].map((provider) => [['y'], { provider, batch: 7 }]),
  )
})
