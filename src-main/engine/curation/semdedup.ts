import { kMeans } from './kmeans.ts'
import { Products } from './products.ts'
import { UnionFind } from './union-find.ts'

export interface SemDeDupOptions {
  /** 1 − ε: rows with at least this cosine count as copies. */
  readonly similarity: number
  /** Which of several copies is kept. */
  readonly keep: 'farthest' | 'closest'
  /** The first so many rows take precedence over all others. */
  readonly preferred?: number
  readonly seed?: number
  /** Approximate number of rows in a cluster. */
  readonly clusterSize?: number
  readonly onProgress?: (done: number, of: number) => void
  readonly check?: () => void
}

export interface SemDeDup {
  /** [n]: rows joined by near-copies, directly or through others, have the same number: that of one of them. */
  readonly component: Int32Array
  /** [n]: 1 where a row before it, in the order of keeping, is its near-copy. */
  readonly dropped: Uint8Array
  /** [n]: cosine to the centroid of its cluster. */
  readonly closeness: Float32Array
  readonly pairs: number
}

/**
 * SemDeDup (Abbas, Tirumala, Simig, Ganguli & Morcos 2023, "SemDeDup: Data-efficient learning at web-scale through semantic
 * deduplication", Algorithm 1 and its repository's semdedup.py): k-means of the embeddings, then within each cluster, ordered by the
 * distance from the centroid, a row goes where one before it has a cosine of at least 1 − ε. The paper keeps the farthest. A set of
 * up to some thousand rows is one cluster, so the result is exact there; beyond, near-copies that lie on both sides of a border
 * between clusters are missed, as in the paper.
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
