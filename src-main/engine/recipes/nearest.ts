/** The nearest of some rows among all, by cosine. */
import { Graph } from '../graph/graph.ts'
import { gemm } from '../ops/index.ts'
import { Session, tensor } from '../runtime/session.ts'

/** For each row, `k` others and how alike they are (cosine, at least 0), [n, k] each. */
export interface Neighbours {
  readonly k: number
  readonly rows: Int32Array
  readonly weights: Float64Array
}

/** Rows compared at once. */
const BLOCK = 256

/** The k nearest of each of the first m rows by cosine (k others, or all where they are fewer). */
export async function nearestOf(features: Float32Array, dim: number, m: number, k: number, check: () => void): Promise<Neighbours> {
  const n = features.length / dim
  const count = Math.min(k, n - 1)
  const [rows, weights] = [new Int32Array(m * count), new Float64Array(m * count)]
  const b = Math.min(BLOCK, n)
  const graph = new Graph()
  const some = graph.input('some', 'float32', [b, dim])
  graph.output('cosines', gemm(some, graph.input('all', 'float32', [n, dim]), undefined, { transB: true }))
  const session = await Session.create(graph)
  try {
    const all = tensor(features, 'float32', [n, dim])
    for (let start = 0; start < m; start += b) {
      check()
      const from = Math.min(start, n - b) // the last block overlaps the one before it
      const fed = { some: tensor(features.slice(from * dim, (from + b) * dim), 'float32', [b, dim]), all }
      const cosines = (await session.run(fed))['cosines']!.data as Float32Array
      for (let i = start; i < Math.min(m, from + b); i++) {
        const own = cosines.subarray((i - from) * n, (i - from + 1) * n)
        own[i] = -Infinity
        topOf(own, count).forEach((j, e) => {
          rows[i * count + e] = j
          weights[i * count + e] = Math.max(0, own[j]!)
        })
      }
    }
  } finally {
    await session.release()
  }
  return { k: count, rows, weights }
}

/** The indices of the k largest, the largest first. */
function topOf(values: Float32Array, k: number): number[] {
  const top: number[] = []
  values.forEach((value, i) => {
    if (top.length === k && value <= values[top.at(-1)!]!) return
    let at = top.length
    while (at > 0 && values[top[at - 1]!]! < value) at--
    top.splice(at, 0, i)
    if (top.length > k) top.pop()
  })
  return top
}
