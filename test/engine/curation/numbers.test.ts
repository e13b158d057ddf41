/** Clusters, neighbours, components and sets, where the answer is known by hand. */
import { describe, expect, test } from 'vitest'
import { confidentLearning } from '../../../src-main/engine/curation/confident.ts'
import { kMeans } from '../../../src-main/engine/curation/kmeans.ts'
import { nearest } from '../../../src-main/engine/curation/neighbours.ts'
import { principalComponents } from '../../../src-main/engine/curation/pca.ts'
import { UnionFind } from '../../../src-main/engine/curation/union-find.ts'

describe('nearest neighbours', () => {
  const base = Float32Array.of(0, 0, 3, 4, 0, 1, 3, 4, -6, 8)
  test('by Euclidean distance, of equals the first', async () => {
    const told: number[][] = []
    const found = await nearest(Float32Array.of(0, 0, 3, 4), base, 2, 3, { onProgress: (...p) => told.push(p) })
    expect([...found.indices]).toEqual([0, 2, 1, 1, 3, 2])
    expect([...found.distances].map((d) => Math.round(d * 1e4) / 1e4)).toEqual([0, 1, 5, 0, 0, 4.2426])
    expect(told).toEqual([[2, 2]])
  })
  test('of more than there are, the rest is none', async () => {
    const found = await nearest(Float32Array.of(0, 0), base.subarray(0, 4), 2, 3)
    expect([[...found.indices], [...found.distances]]).toEqual([
      [0, 1, -1],
      [0, 5, Infinity],
    ])
  })
  test('across blocks of rows and columns', async () => {
    const grid = (n: number, by: number, offset: number) =>
      Float32Array.from({ length: 2 * n }, (_, i) => (i % 2 ? Math.floor((by * (i >> 1)) / 50) : ((by * (i >> 1)) % 50) + offset))
    const [many, queries] = [grid(2100, 1, 0), grid(300, 7, 0.25)]
    const { indices, distances } = await nearest(queries, many, 2, 1)
    expect([...indices]).toEqual(Array.from({ length: 300 }, (_, q) => 7 * q))
    for (const d of distances) expect(d).toBeCloseTo(0.25, 2)
  })
  test('stops when told to', async () => {
    const check = () => {
      throw new Error('enough')
    }
    await expect(nearest(base, base, 2, 1, { check })).rejects.toThrow('enough')
  })
})

test('principal components: the longest axis first, its largest entry positive, means taken off', async () => {
  // Along (−2, 1)/√5 far, along (1, 2)/√5 less, about (10, 20).
  const far = [-4, -2, 0, 2, 4]
  const near = [-1, 1]
  const points = far.flatMap((f) => near.map((s) => [10 - 2 * f + s, 20 + f + 2 * s] as const))
  const { rows, variance } = await principalComponents(Float32Array.from(points.flat()), 2, 2)
  const rounded = [...rows].map((v) => Math.round(v * 1e3) / 1e3)
  const root = Math.sqrt(5)
  expect(rounded).toEqual(far.flatMap((f) => near.flatMap((s) => [-f * root, s * root])).map((v) => Math.round(v * 1e3) / 1e3 + 0))
  expect(variance.map((v) => Math.round(v * 1e6) / 1e6)).toEqual([0.888889, 0.111111])
  const one = await principalComponents(Float32Array.from(points.flat()), 2, 1)
  expect(one.rows).toHaveLength(10)
  expect((await principalComponents(Float32Array.of(3, 3, 3, 3), 2, 2)).variance).toEqual([0, 0])
})

describe('spherical k-means', () => {
  const directions = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]
  const rows = Float32Array.from(
    Array.from({ length: 30 }, (_, i) => {
      const v = directions[i % 3]!.map((x, j) => x + 0.05 * Math.sin(i * 7 + j * 3))
      return v.map((x) => x / Math.hypot(...v))
    }).flat(),
  )
  test('puts each row to the cluster whose mean is nearest, and says how near', async () => {
    for (const seed of [0, 1, 2, 3]) {
      const { of, closeness, k } = await kMeans(rows, 3, 3, { seed })
      const centroids = Array.from({ length: k }, (_, c) => {
        const sum = [0, 1, 2].map((j) => [...of].reduce((s, cluster, i) => s + (cluster === c ? rows[3 * i + j]! : 0), 0))
        return sum.map((x) => x / Math.hypot(...sum))
      })
      const cosine = (i: number, c: number) => centroids[c]!.reduce((sum, x, j) => sum + x * rows[3 * i + j]!, 0)
      for (let i = 0; i < 30; i++) {
        expect(closeness[i]).toBeCloseTo(cosine(i, of[i]!), 4)
        for (let c = 0; c < k; c++) expect(cosine(i, c)).toBeLessThanOrEqual(closeness[i]! + 1e-4)
      }
    }
    const { of } = await kMeans(rows, 3, 3, { seed: 0, iterations: 0 }) // the first three of a shuffled list
    expect(new Set(of).size).toBe(3)
  })
  test('of one cluster is the overall mean', async () => {
    const { of, closeness } = await kMeans(rows, 3, 1)
    expect([...of]).toEqual(Array(30).fill(0))
    const mean = [0, 1, 2].map((j) => Array.from({ length: 30 }, (_, i) => rows[3 * i + j]!).reduce((a, b) => a + b))
    const length = Math.hypot(...mean)
    expect(closeness[4]).toBeCloseTo(
      mean.reduce((sum, m, j) => sum + (m / length) * rows[12 + j]!, 0),
      5,
    )
  })
  test('is the same for the same seed', async () => {
    const [a, b] = [await kMeans(rows, 3, 4, { seed: 1 }), await kMeans(rows, 3, 4, { seed: 1 })]
    expect([...a.of]).toEqual([...b.of])
  })
})

test('disjoint sets: those of two or more, in order', () => {
  const sets = new UnionFind(7)
  expect([sets.union(5, 1), sets.union(1, 3), sets.union(3, 5), sets.union(6, 2)]).toEqual([true, true, false, true])
  expect(sets.groups()).toEqual([
    [1, 3, 5],
    [2, 6],
  ])
  expect([sets.find(1) === sets.find(5), sets.find(0) === sets.find(4), sets.find(0)]).toEqual([true, false, 0])
  expect(sets.union(6, 3)).toBe(true)
  expect(sets.groups()).toEqual([[1, 2, 3, 5, 6]])
})

test('confident learning by hand: who counts as which class, and how sure', () => {
  const p = Float32Array.from([0.9, 0.1, 0.7, 0.3, 0.2, 0.8, 0.4, 0.6, 0.85, 0.15])
  const found = confidentLearning(p, Int32Array.of(0, 0, 1, 1, 1), 2)
  // Thresholds: (0.9 + 0.7) / 2 and (0.8 + 0.6 + 0.15) / 3.
  expect([...found.thresholds].map((t) => Math.round(t * 1e4) / 1e4)).toEqual([0.8, 0.5167])
  expect([...found.counts]).toEqual([1, 0, 1, 2])
  expect([...found.issue]).toEqual([0, 0, 0, 0, 1])
  expect([...found.best]).toEqual([0, 0, 1, 1, 0])
  expect([...found.margin].map((m) => Math.round(m * 100) / 100)).toEqual([0.8, 0.4, 0.6, 0.2, -0.7])
  expect([...found.selfConfidence].map((m) => Math.round(m * 100) / 100)).toEqual([0.9, 0.7, 0.8, 0.6, 0.15])
  expect([...found.joint].map((j) => Math.round(j * 1e4) / 1e4)).toEqual([0.4, 0, 0.2, 0.4])
})
