import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { buildIndex, indexMade, VectorIndex } from '../../../src-main/engine/curation/vector-index.ts'
import { Rng } from '../../../src-main/engine/data/rng.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

const [n, dim] = [3000, 32]
const rng = Rng.of(2)
/** Points near a surface of few dimensions, as embeddings are. */
const rows = (() => {
  const basis = Float64Array.from({ length: 6 * dim }, () => rng.normal())
  const out = new Float32Array(n * dim)
  for (let i = 0; i < n; i++) {
    const at = Array.from({ length: 6 }, () => rng.normal())
    const row = Float64Array.from({ length: dim }, (_, j) => at.reduce((s, a, k) => s + a * basis[k * dim + j]!, 0) + 0.1 * rng.normal())
    out.set(
      row.map((v) => v / Math.hypot(...row)),
      i * dim,
    )
  }
  return out
})()
const ids = Int32Array.from({ length: n }, (_, i) => 10 + 3 * i)
const folder = temporaryFolder()

describe('an index of vectors', () => {
  const make = async (name: string, graphFrom: number) => {
    const at = path.join(folder, name)
    await buildIndex(at, { ids, rows, dim, made: 'of these', graphFrom })
    return VectorIndex.open(at)!
  }

  test('finds the nearest, by the graph nearly all that comparing with all finds', async () => {
    const [exact, graph] = [await make('exact', Infinity), await make('graph', 0)]
    expect([exact.header.graph, graph.header.graph]).toEqual([false, true])
    let shared = 0
    for (let q = 0; q < 50; q++) {
      const id = ids[q * 60]!
      const truth = exact.search(exact.vector(id)!, 10)
      expect(truth[0]).toEqual({ id, similarity: expect.closeTo(1, 3) as number })
      expect(truth.map((t) => t.similarity)).toEqual(truth.map((t) => t.similarity).toSorted((a, b) => b - a))
      const near = new Set(graph.search(graph.vector(id)!, 10).map((t) => t.id))
      shared += truth.filter((t) => near.has(t.id)).length
    }
    expect(shared / 500).toBeGreaterThanOrEqual(0.95)
  })

  test('knows its vectors by id, and none of others', async () => {
    const index = await make('ids', Infinity)
    expect(index.vector(ids[7]!)).toEqual(rows.slice(7 * dim, 8 * dim))
    expect([index.vector(9), index.vector(11), index.vector(10 + 3 * n)]).toEqual([undefined, undefined, undefined])
  })

  test('that is missing, damaged or of another version counts as absent', async () => {
    expect(VectorIndex.open(path.join(folder, 'nowhere'))).toBeUndefined()
    const index = await make('broken', Infinity)
    expect(index.current).toBe(true)
    const file = path.join(folder, 'broken', 'ids.i32')
    fs.truncateSync(file, 8)
    expect(VectorIndex.open(path.join(folder, 'broken'))).toBeUndefined()
    fs.writeFileSync(path.join(folder, 'broken', 'index.json'), '{"version":2}')
    expect([indexMade(path.join(folder, 'broken')), index.current]).toEqual([undefined, false])
  })

  test('given up half-way leaves the old one', async () => {
    await make('kept', Infinity)
    const stop = () => {
      throw new Error('stop')
    }
    await expect(buildIndex(path.join(folder, 'kept'), { ids, rows, dim, made: 'new', graphFrom: 0, check: stop })).rejects.toThrow('stop')
    expect(indexMade(path.join(folder, 'kept'))).toBe('of these')
    expect(fs.readdirSync(folder).filter((f) => f.endsWith('.part'))).toEqual([])
  })
})
