import { kMeans } from './kmeans.ts'
import { Products } from './products.ts'
import { UnionFind } from './union-find.ts'

export interface SemDeDupOptions {
  /** 1 − ε: rows whose cosine is at least this are near-copies. */
  readonly similarity: number
  /** Which one of several near-copies is kept, by distance from the centroid. */
  readonly keep: 'farthest' | 'closest'
  /** The first `preferred` rows take precedence over all others. */
  readonly preferred?: number
  readonly seed?: number
  /** Approximate number of rows per cluster. */
  readonly clusterSize?: number
  readonly onProgress?: (done: number, of: number) => void
  readonly check?: () => void
}

export interface SemDeDup {
  /** [n]: a common number for rows connected by near-copies, directly or transitively (the index of one of them). */
  readonly component: Int32Array
  /** [n]: 1 if a row ahead of it in keeping order is its near-copy. */
  readonly dropped: Uint8Array
  /** [n]: cosine to its cluster's centroid. */
  readonly closeness: Float32Array
  readonly pairs: number
}

/**
 * SemDeDup (Abbas, Tirumala, Simig, Ganguli & Morcos 2023, "SemDeDup: Data-efficient learning at web-scale through
 * semantic deduplication", Algorithm 1 and semdedup.py of its repository): k-means of the embeddings; then, in each
 * cluster, ordered by distance from the centroid, a row is dropped if an earlier one has a cosine of at least 1 − ε.
 * The paper keeps the farthest. Up to a few thousand rows form one cluster, so the result is exact; beyond that,
 * near-copies on different sides of a cluster border are missed, as in the paper.
 *
 * @param rows normalised, [n, dim]
 */
export async function semDeDup(rows: Float32Array, dim: number, o: SemDeDupOptions): Promise<SemDeDup> {
  const n = rows.length / dim
  const size = o.clusterSize ?? 1000
  const k = n <= 4 * size ? 1 : Math.round(n / size)
  const { of, closeness } = await kMeans(rows, dim, k, { seed: o.seed, check: o.check })
  const clusters: number[][] = Array.from({ length: k }, () => [])
  for (let i = 0; i < n; i++) clusters[of[i]!]!.push(i)
  const preferred = o.preferred ?? 0
  const sign = o.keep === 'farthest' ? 1 : -1
  const joined = new UnionFind(n)
  const dropped = new Uint8Array(n)
  let pairs = 0
  let done = 0
  const products = await Products.create(side, side, dim)
  try {
    for (const members of clusters) {
      members.sort((a, b) => Number(a >= preferred) - Number(b >= preferred) || sign * (closeness[a]! - closeness[b]!) || a - b)
      for (let top = 0; top < members.length; top += side) {
        o.check?.()
        const above = members.slice(top, top + side)
        above.forEach((i, slot) => products.left(slot, rows, i))
        for (let left = top; left < members.length; left += side) {
          const beside = members.slice(left, left + side)
          beside.forEach((i, slot) => products.right(slot, rows, i))
          const cosines = await products.run()
          for (let a = 0; a < above.length; a++)
            for (let b = left === top ? a + 1 : 0; b < beside.length; b++) {
              if (cosines[a * side + b]! < o.similarity) continue
              pairs++
              dropped[beside[b]!] = 1
              joined.union(above[a]!, beside[b]!)
            }
        }
      }
      o.onProgress?.((done += members.length), n)
    }
  } finally {
    await products.release()
  }
  return { component: Int32Array.from({ length: n }, (_, i) => joined.find(i)), dropped, closeness, pairs }
}

const side = 512
