import { UMAP } from 'umap-js'
import { Rng } from '../data/rng.ts'
import { nearest } from './neighbours.ts'
import { principalComponents } from './pca.ts'

export interface Layout {
  /** [n, 2]: points scaled so that the longer side is [0, 1]. */
  readonly points: Float32Array
  /** Number of rows that were laid out; the others were placed next to their nearest neighbours. */
  readonly laidOut: number
  /** pca: fraction of the variance on the two axes. */
  readonly variance: number | null
}

export interface LayoutOptions {
  readonly method: 'pca' | 'umap'
  readonly seed: number
  /** Maximum number of rows for UMAP. */
  readonly limit?: number
  readonly onProgress?: (phase: 'distances' | 'layout' | 'placing', done: number, of: number) => void
  readonly check?: () => void
}

const axes = 50
const neighbours = 15

/**
 * Embeddings [n, dim] in two dimensions: the first two principal components, or UMAP (McInnes, Healy & Melville 2018)
 * of the first 50, initialised with the first two (Kobak & Linderman 2021: keeps large distances meaningful). UMAP is
 * too slow for many rows, so a random sample is laid out, and every other row goes to the mean of its three nearest
 * sampled rows, weighted by 1/distance.
 */
export async function layOut(rows: Float32Array, dim: number, o: LayoutOptions): Promise<Layout> {
  const n = rows.length / dim
  const width = Math.min(o.method === 'pca' ? 2 : axes, dim)
  const { rows: reduced, variance } = await principalComponents(rows, dim, width, o.check)
  const plane = (from: Float32Array, w: number) =>
    Float32Array.from({ length: 2 * (from.length / w) }, (_, i) => (w > i % 2 ? from[(i >> 1) * w + (i % 2)]! : 0))
  if (o.method === 'pca' || n < 4)
    return { points: framed(plane(reduced, width)), laidOut: n, variance: (variance[0] ?? 0) + (variance[1] ?? 0) }

  const limit = o.limit ?? 10_000
  const sample =
    n <= limit
      ? Int32Array.from({ length: n }, (_, i) => i)
      : Rng.of(o.seed, 0x6d6170)
          .shuffle(Int32Array.from({ length: n }, (_, i) => i))
          .slice(0, limit)
          .sort()
  const some = new Float32Array(sample.length * width)
  sample.forEach((i, k) => some.set(reduced.subarray(i * width, (i + 1) * width), k * width))
  const laid = await umap(some, width, plane(some, width), o)
  if (sample.length === n) return { points: framed(laid), laidOut: n, variance: null }

  const k = 3
  const { indices, distances } = await nearest(reduced, some, width, k, {
    check: o.check,
    onProgress: (done, of) => o.onProgress?.('placing', done, of),
  })
  const points = new Float32Array(2 * n)
  for (let i = 0; i < n; i++) {
    let [x, y, sum] = [0, 0, 0]
    for (let p = i * k; p < (i + 1) * k; p++) {
      const weight = 1 / (distances[p]! + 1e-6)
      x += weight * laid[2 * indices[p]!]!
      y += weight * laid[2 * indices[p]! + 1]!
      sum += weight
    }
    points.set([x / sum, y / sum], 2 * i)
  }
  sample.forEach((i, s) => points.set(laid.subarray(2 * s, 2 * s + 2), 2 * i))
  return { points: framed(points), laidOut: sample.length, variance: null }
}

async function umap(rows: Float32Array, dim: number, start: Float32Array, o: LayoutOptions): Promise<Float32Array> {
  const n = rows.length / dim
  const k = Math.min(neighbours, n - 1)
  const { indices, distances } = await nearest(rows, rows, dim, k, {
    check: o.check,
    onProgress: (done, of) => o.onProgress?.('distances', done, of),
  })
  const lists = (from: Int32Array | Float32Array) => Array.from({ length: n }, (_, i) => [...from.subarray(i * k, (i + 1) * k)])
  const rng = Rng.of(o.seed, 0x756d)
  const layout = new UMAP({ nComponents: 2, nNeighbors: k, minDist: 0.1, random: () => rng.uniform() })
  layout.setPrecomputedKNN(lists(indices), lists(distances))
  const epochs = layout.initializeFit(Array.from({ length: n }, (_, i) => [...rows.subarray(i * dim, (i + 1) * dim)]))
  const scale = 10 / start.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-12)
  // getEmbedding returns the optimiser's own arrays. umap-js starts from random points and has no option for others.
  layout.getEmbedding().forEach((point, i) => {
    for (const axis of [0, 1]) point[axis] = start[2 * i + axis]! * scale + 1e-4 * rng.normal()
  })
  for (let epoch = 0; epoch < epochs; epoch++) {
    layout.step()
    if (epoch % 5 === 4) {
      o.check?.()
      o.onProgress?.('layout', epoch + 1, epochs)
      await new Promise((go) => setImmediate(go))
    }
  }
  return Float32Array.from(layout.getEmbedding().flat())
}

/** Translates and uniformly scales the points so that the longer side fills [0, 1]. */
function framed(points: Float32Array): Float32Array {
  const low = [Infinity, Infinity]
  const high = [-Infinity, -Infinity]
  points.forEach((v, i) => {
    low[i % 2] = Math.min(low[i % 2]!, v)
    high[i % 2] = Math.max(high[i % 2]!, v)
  })
  const side = Math.max(high[0]! - low[0]!, high[1]! - low[1]!, 1e-12)
  return points.map((v, i) => (v - low[i % 2]!) / side)
}
