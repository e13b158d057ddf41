import { Rng } from '../data/rng.ts'
import { Products } from './products.ts'

export interface Clusters {
  readonly k: number
  /** [n]: the cluster of each row. */
  readonly of: Int32Array
  /** [n]: cosine to its centroid. */
  readonly closeness: Float32Array
}

export interface KMeansOptions {
  readonly seed?: number
  readonly iterations?: number
  /** Maximum rows per cluster to fit centroids on; all rows are assigned in the end. */
  readonly sample?: number
  readonly check?: () => void
}

/**
 * Spherical k-means of normalised rows [n, dim] (Dhillon & Modha 2001): a centroid is the normalised mean of its
 * rows. As in FAISS, which SemDeDup uses, at most 256 rows per cluster are fitted on, and an empty cluster is
 * reseeded with a random row.
 */
export async function kMeans(
  rows: Float32Array,
  dim: number,
  k: number,
  { seed = 0, iterations = 20, sample = 256, check }: KMeansOptions = {},
): Promise<Clusters> {
  const n = rows.length / dim
  const rng = Rng.of(seed, 0x6b6d)
  const order = rng.shuffle(Int32Array.from({ length: n }, (_, i) => i))
  const fitted = order.subarray(0, Math.min(n, k * sample))
  const centroids = new Float32Array(k * dim)
  const copy = (c: number, i: number) => centroids.set(rows.subarray(i * dim, (i + 1) * dim), c * dim)
  for (let c = 0; c < k; c++) copy(c, order[c]!)
  const products = await Products.create(tile, k, dim)
  const of = new Int32Array(n)
  const closeness = new Float32Array(n)
  const assign = async (which: Int32Array) => {
    for (let c = 0; c < k; c++) products.right(c, centroids, c)
    let moved = 0
    for (let from = 0; from < which.length; from += tile) {
      check?.()
      const some = which.subarray(from, from + tile)
      some.forEach((i, slot) => products.left(slot, rows, i))
      const cosines = await products.run()
      some.forEach((i, slot) => {
        let best = 0
        for (let c = 1; c < k; c++) if (cosines[slot * k + c]! > cosines[slot * k + best]!) best = c
        if (of[i] !== best) moved++
        of[i] = best
        closeness[i] = cosines[slot * k + best]!
      })
    }
    return moved
  }
  try {
    for (let step = 0; step < iterations && k > 1; step++) {
      const moved = await assign(fitted)
      if (step > 0 && moved === 0) break
      const sizes = new Int32Array(k)
      centroids.fill(0)
      for (const i of fitted) {
        const c = of[i]!
        sizes[c]!++
        for (let j = 0; j < dim; j++) centroids[c * dim + j]! += rows[i * dim + j]!
      }
      for (let c = 0; c < k; c++) if (!sizes[c] || !normalise(centroids.subarray(c * dim, (c + 1) * dim))) copy(c, order[rng.int(n)]!)
    }
    if (k === 1) {
      centroids.fill(0)
      for (let i = 0; i < n; i++) for (let j = 0; j < dim; j++) centroids[j]! += rows[i * dim + j]!
      normalise(centroids)
    }
    await assign(order)
    return { k, of, closeness }
  } finally {
    await products.release()
  }
}

const tile = 1024

/** Normalises in place; returns false for a zero vector. */
function normalise(v: Float32Array): boolean {
  let squares = 0
  for (const x of v) squares += x * x
  const norm = Math.sqrt(squares)
  if (norm < 1e-12) return false
  for (let j = 0; j < v.length; j++) v[j]! /= norm
  return true
}
