import { Products } from './products.ts'

const [rowsAtOnce, columnsAtOnce] = [256, 2048]

/**
 * The k nearest rows of `base` [m, dim] for each row of `queries` [n, dim] by Euclidean distance. Exact: all
 * distances are computed block by block (|q − b|² = |q|² − 2 q·b + |b|²). Sorted by distance, then index.
 */
export async function nearest(
  queries: Float32Array,
  base: Float32Array,
  dim: number,
  k: number,
  { onProgress, check }: { onProgress?: (done: number, of: number) => void; check?: () => void } = {},
): Promise<{ indices: Int32Array; distances: Float32Array }> {
  const [n, m] = [queries.length / dim, base.length / dim]
  const [q2, b2] = [squares(queries, dim), squares(base, dim)]
  const indices = new Int32Array(n * k).fill(-1)
  const distances = new Float32Array(n * k).fill(Infinity)
  const products = await Products.create(rowsAtOnce, columnsAtOnce, dim)
  try {
    for (let top = 0; top < n; top += rowsAtOnce) {
      check?.()
      const some = Math.min(rowsAtOnce, n - top)
      for (let a = 0; a < some; a++) products.left(a, queries, top + a)
      for (let left = 0; left < m; left += columnsAtOnce) {
        const beside = Math.min(columnsAtOnce, m - left)
        for (let b = 0; b < beside; b++) products.right(b, base, left + b)
        const xy = await products.run()
        for (let a = 0; a < some; a++) {
          const at = (top + a) * k
          for (let b = 0; b < beside; b++) {
            const d = Math.max(0, q2[top + a]! - 2 * xy[a * columnsAtOnce + b]! + b2[left + b]!)
            if (d < distances[at + k - 1]!) insert(indices, distances, at, k, left + b, d)
          }
        }
      }
      onProgress?.(top + some, n)
    }
  } finally {
    await products.release()
  }
  return { indices, distances: distances.map(Math.sqrt) }
}

function insert(indices: Int32Array, distances: Float32Array, at: number, k: number, index: number, distance: number): void {
  let p = at + k - 1
  for (; p > at && distances[p - 1]! > distance; p--) {
    distances[p] = distances[p - 1]!
    indices[p] = indices[p - 1]!
  }
  distances[p] = distance
  indices[p] = index
}

function squares(x: Float32Array, dim: number): Float32Array {
  return Float32Array.from({ length: x.length / dim }, (_, i) => {
    let sum = 0
    for (let j = i * dim; j < (i + 1) * dim; j++) sum += x[j]! ** 2
    return sum
  })
}
