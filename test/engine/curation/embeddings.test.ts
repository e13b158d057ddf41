import { describe, expect, test } from 'vitest'
import { confidentLearning } from '../../../src-main/engine/curation/confident.ts'
import { outOfSample } from '../../../src-main/engine/curation/doubts.ts'
import { kMeans } from '../../../src-main/engine/curation/kmeans.ts'
import { layOut } from '../../../src-main/engine/curation/layout.ts'
import { nearest } from '../../../src-main/engine/curation/neighbours.ts'
import { principalComponents } from '../../../src-main/engine/curation/pca.ts'
import { semDeDup } from '../../../src-main/engine/curation/semdedup.ts'
import { Rng } from '../../../src-main/engine/data/rng.ts'

/** Normalised rows about `clusters` directions, row i about direction i mod clusters. */
function clouds(n: number, dim: number, clusters: number, noise: number, seed = 1): Float32Array {
  const rng = Rng.of(seed)
  const centres = Float64Array.from({ length: clusters * dim }, () => rng.normal())
  const rows = new Float32Array(n * dim)
  for (let i = 0; i < n; i++) {
    const row = Float64Array.from({ length: dim }, (_, j) => centres[(i % clusters) * dim + j]! + noise * rng.normal())
    const norm = Math.hypot(...row)
    rows.set(
      row.map((v) => v / norm),
      i * dim,
    )
  }
  return rows
}
const dot = (x: Float32Array, dim: number, a: number, b: number) => {
  let sum = 0
  for (let j = 0; j < dim; j++) sum += x[a * dim + j]! * x[b * dim + j]!
  return sum
}

describe('clusters', () => {
  test('of k-means hold no rows of two clouds, and each row is close to its centroid', async () => {
    const { of, closeness } = await kMeans(clouds(3000, 16, 3, 0.1), 16, 12, { seed: 5 })
    const mixed = Array.from({ length: 12 }, (_, c) => new Set([...of].flatMap((own, i) => (own === c ? [i % 3] : []))).size)
    expect(mixed.every((n) => n <= 1)).toBe(true)
    expect(Math.min(...closeness)).toBeGreaterThan(0.9)
  })
})

describe('SemDeDup', () => {
  const [dim, distinct] = [24, 900]
  // 900 rows that are not alike, then near-copies of the first 100.
  const base = clouds(distinct, dim, distinct, 0)
  const rng = Rng.of(3)
  const rows = new Float32Array((distinct + 100) * dim)
  rows.set(base)
  for (let i = 0; i < 100; i++) {
    const copy = base.slice(i * dim, (i + 1) * dim).map((v) => v + 0.002 * rng.normal())
    const norm = Math.hypot(...copy)
    rows.set(
      copy.map((v) => v / norm),
      (distinct + i) * dim,
    )
  }
  const twins = Array.from({ length: 100 }, (_, i) => [i, distinct + i] as const)

  test.each([
    ['one cluster', 1000],
    ['many', 40],
  ])('drops one of each pair of near-copies, in %s', async (_, clusterSize) => {
    const { component, dropped, pairs } = await semDeDup(rows, dim, { similarity: 0.99, keep: 'farthest', clusterSize })
    expect(pairs).toBe(100)
    expect(twins.every(([a, b]) => component[a] === component[b] && dropped[a]! + dropped[b]! === 1)).toBe(true)
    expect(dropped.reduce((a, b) => a + b)).toBe(100)
  })

  test('keeps the one farthest from the centroid, or the closest, but the preferred before all', async () => {
    const choose = async (o: { keep: 'farthest' | 'closest'; preferred?: number }) => {
      const { dropped, closeness } = await semDeDup(rows, dim, { similarity: 0.99, ...o })
      return twins.map(([a, b]) => ({ kept: dropped[a] ? 'b' : 'a', farthest: closeness[a]! <= closeness[b]! ? 'a' : 'b' }))
    }
    expect((await choose({ keep: 'farthest' })).every((t) => t.kept === t.farthest)).toBe(true)
    expect((await choose({ keep: 'closest' })).every((t) => t.kept !== t.farthest)).toBe(true)
    expect((await choose({ keep: 'closest', preferred: 100 })).every((t) => t.kept === 'a')).toBe(true)
  })
})

describe('doubtful labels', () => {
  test('labels that were exchanged are found, and few others', async () => {
    const [n, dim, classes] = [600, 16, 3]
    const features = clouds(n, dim, classes, 0.4)
    const labels = Int32Array.from({ length: n }, (_, i) => i % classes)
    const wrong = Array.from({ length: 30 }, (_, i) => i * 20)
    for (const i of wrong) labels[i] = (labels[i]! + 1) % classes
    const p = await outOfSample(features, dim, labels, classes, { folds: 5, seed: 0 })
    const { issue, margin } = confidentLearning(p, labels, classes)
    const found = [...issue].flatMap((flag, i) => (flag ? [i] : []))
    expect(found.filter((i) => wrong.includes(i)).length).toBeGreaterThanOrEqual(25)
    expect(found.length).toBeLessThan(45)
    const doubtedMost = Array.from(margin, (m, i) => [m, i] as const)
      .sort((a, b) => a[0] - b[0])
      .slice(0, 20)
    expect(doubtedMost.filter(([, i]) => wrong.includes(i)).length).toBeGreaterThanOrEqual(18)
  })
})

describe('neighbours and maps', () => {
  test('the nearest are those that comparing all with all finds', async () => {
    const [n, dim, k] = [700, 8, 5]
    const x = clouds(n, dim, 50, 0.3)
    const { indices, distances } = await nearest(x, x, dim, k)
    for (const i of [0, 123, 699]) {
      const truth = Array.from({ length: n }, (_, j) => Math.sqrt(Math.max(0, 2 - 2 * dot(x, dim, i, j))))
        .map((d, j) => [d, j] as const)
        .sort((a, b) => a[0] - b[0])
        .slice(0, k)
      expect(new Set(indices.subarray(i * k, (i + 1) * k))).toEqual(new Set(truth.map(([, j]) => j)))
      truth.forEach(([d], r) => expect(distances[i * k + r]).toBeCloseTo(d, 2))
    }
  })

  test('principal components are the axes of an ellipsoid', async () => {
    const rng = Rng.of(9)
    const n = 5000
    const x = Float32Array.from({ length: n * 3 }, (_, i) => [1, 5, 3][i % 3]! * rng.normal() + 7)
    const { rows, variance } = await principalComponents(x, 3, 2)
    expect(variance[0]).toBeCloseTo(25 / 35, 1)
    expect(variance[1]).toBeCloseTo(9 / 35, 1)
    for (let i = 0; i < 50; i++) expect(rows[2 * i]).toBeCloseTo(x[3 * i + 1]! - 7, -1)
  })

  test.each([
    ['pca', undefined],
    ['umap', undefined],
    ['umap', 80],
  ] as const)('%s with a limit of %s keeps clouds apart', async (method, limit) => {
    const [n, clusters] = [160, 4]
    const { points, laidOut } = await layOut(clouds(n, 20, clusters, 0.15), 20, { method, seed: 1, limit })
    expect(laidOut).toBe(limit ?? n)
    expect(Math.min(...points)).toBe(0)
    expect(Math.max(...points)).toBeCloseTo(1)
    const centre = Array.from({ length: clusters }, (_, c) =>
      [0, 1].map(
        (a) => Array.from({ length: n / clusters }, (_, k) => points[2 * (c + k * clusters) + a]!).reduce((s, v) => s + v) / (n / clusters),
      ),
    )
    const own = Array.from({ length: n }, (_, i) => {
      const d = centre.map(([x, y]) => Math.hypot(points[2 * i]! - x!, points[2 * i + 1]! - y!))
      return d.indexOf(Math.min(...d)) === i % clusters
    })
    expect(own.filter(Boolean).length / n).toBeGreaterThan(0.97)
    expect(await layOut(clouds(n, 20, clusters, 0.15), 20, { method, seed: 1, limit })).toEqual({
      points,
      laidOut,
      variance: expect.toSatisfy(() => true) as number,
    })
  })
})
