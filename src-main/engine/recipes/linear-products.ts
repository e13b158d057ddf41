/** The two matrix products of a linear model, in plain arithmetic where a session's call would take longer than the product. */
import { Graph, type Value } from '../graph/graph.ts'
import { gemm } from '../ops/index.ts'
import { Session, tensor } from '../runtime/session.ts'

/** Products with a matrix X [n, d] that stays the same. */
export interface LinearProducts {
  /** X·Wᵀ [n, k] of W [k, d]. */
  scores(w: Float64Array): Promise<Float64Array>
  /** Rᵀ·X [k, d] of R [n, k]; with `squared`, Rᵀ·X² (entry by entry). */
  gathered(r: Float64Array, squared?: boolean): Promise<Float64Array>
  release(): Promise<void>
}

/** Multiplications above which a session is faster: a call of one takes about as long as this many in plain arithmetic. */
const WORTH_A_SESSION = 100_000

/** Those above which waiting for each other is worth it to several threads. */
const WORTH_THREADS = 50_000_000

/** @param x [n, d], row-major; in float64 where computed plainly, in float32 in a session */
export const productsOf = (x: Float64Array, n: number, k: number): LinearProducts | Promise<LinearProducts> =>
  x.length * k < WORTH_A_SESSION ? plainProducts(x, n, k) : sessionProducts(x, n, k)

export function plainProducts(x: Float64Array, n: number, k: number): LinearProducts {
  const d = x.length / n
  let squares: Float64Array | undefined
  return {
    scores(w) {
      const out = new Float64Array(n * k)
      for (let i = 0; i < n; i++)
        for (let c = 0; c < k; c++) {
          let [even, odd] = [0, 0]
          let [at, of] = [i * d, c * d]
          for (const end = at + d - 1; at < end; at += 2, of += 2) {
            even += x[at]! * w[of]!
            odd += x[at + 1]! * w[of + 1]!
          }
          out[i * k + c] = even + odd + (d % 2 ? x[at]! * w[of]! : 0)
        }
      return Promise.resolve(out)
    },
    gathered(r, squared = false) {
      const from = squared ? (squares ??= x.map((v) => v * v)) : x
      const out = new Float64Array(k * d)
      for (let i = 0; i < n; i++)
        for (let c = 0; c < k; c++) {
          const factor = r[i * k + c]!
          if (factor !== 0) for (let j = 0; j < d; j++) out[c * d + j] = out[c * d + j]! + factor * from[i * d + j]!
        }
      return Promise.resolve(out)
    },
    release: () => Promise.resolve(),
  }
}

export async function sessionProducts(x64: Float64Array, n: number, k: number): Promise<LinearProducts> {
  const d = x64.length / n
  const graph = (of: readonly [number, number], product: (x: Value, by: Value) => Value) => {
    const g = new Graph()
    g.output('product', product(g.input('x', 'float32', [n, d]), g.input('by', 'float32', of)))
    return Session.create(g, x64.length * k < WORTH_THREADS ? { threads: 1 } : {})
  }
  const scoring = await graph([k, d], (x, w) => gemm(x, w, undefined, { transB: true }))
  const gathering = await graph([n, k], (x, r) => gemm(r, x, undefined, { transA: true }))
  const x = new Float32Array(x64)
  let squares: Float32Array | undefined
  const run = async (session: Session, x: Float32Array, by: Float64Array, shape: readonly number[]) => {
    const { product } = await session.run({ x: tensor(x, 'float32', [n, d]), by: tensor(new Float32Array(by), 'float32', shape) })
    return new Float64Array(product!.data as Float32Array)
  }
  return {
    scores: (w) => run(scoring, x, w, [k, d]),
    gathered: (r, squared) => run(gathering, squared ? (squares ??= x.map((v) => v * v)) : x, r, [n, k]),
    async release() {
      await scoring.release()
      await gathering.release()
    },
  }
}
