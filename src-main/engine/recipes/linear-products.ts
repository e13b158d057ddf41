/** The matrix products of a linear model, in plain arithmetic where a session's call would take longer than the product. */
import { Graph, type Value } from '../graph/graph.ts'
import { gemm, mul, reduceSum, sub, transpose } from '../ops/index.ts'
import { Session, type Tensor, tensor } from '../runtime/session.ts'

/** Products with a matrix X [n, d] that stays the same. */
export interface LinearProducts {
  /** X·Wᵀ [n, k] of W [k, d]. */
  scores(w: Float64Array): Promise<Float64Array>
  /** Rᵀ·X [k, d] of R [n, k]; with `squared`, Rᵀ·X² (entry by entry). */
  gathered(r: Float64Array, squared?: boolean): Promise<Float64Array>
  /**
   * The Hessian of Σ shareᵢ·cross-entropyᵢ where the softmax is `p` [n, k], as a function of V [k, d]:
   * Cᵀ·X [k, d] with Cᵢ = shareᵢ·pᵢ∘(Xᵢ·Vᵀ − ⟨pᵢ, Xᵢ·Vᵀ⟩).
   */
  curvature(p: Float64Array, share: Float64Array): (v: Float64Array) => Promise<Float64Array>
  release(): Promise<void>
}

/** Multiplications above which a session is faster: a call of one takes about as long as this many in plain arithmetic. */
const WORTH_A_SESSION = 100_000

/** Those above which waiting for each other is worth it to several threads. */
const WORTH_THREADS = 50_000_000

/**
 * @param features [n, d − 1], row-major; X is these less `mean`, with a 1 after each row, in float64 where computed plainly, else in
 * float32
 */
export function productsOf(features: Float32Array, mean: Float64Array, n: number, k: number): LinearProducts | Promise<LinearProducts> {
  const d = mean.length + 1
  const into = <T extends Float32Array | Float64Array>(x: T): T => {
    for (let i = 0, at = 0, from = 0; i < n; i++) {
      for (let j = 0; j < d - 1; j++) x[at++] = features[from++]! - mean[j]!
      x[at++] = 1
    }
    return x
  }
  return n * d * k < WORTH_A_SESSION
    ? plainProducts(into(new Float64Array(n * d)), n, k)
    : sessionProducts(into(new Float32Array(n * d)), n, k)
}

export function plainProducts(x: Float64Array, n: number, k: number): LinearProducts {
  const d = x.length / n
  let squares: Float64Array | undefined
  const scores = (w: Float64Array) => {
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
    return out
  }
  const gathered = (r: Float64Array, squared = false) => {
    const from = squared ? (squares ??= x.map((v) => v * v)) : x
    const out = new Float64Array(k * d)
    for (let i = 0; i < n; i++)
      for (let c = 0; c < k; c++) {
        const factor = r[i * k + c]!
        if (factor !== 0) for (let j = 0; j < d; j++) out[c * d + j] = out[c * d + j]! + factor * from[i * d + j]!
      }
    return out
  }
  return {
    scores: (w) => Promise.resolve(scores(w)),
    gathered: (r, squared) => Promise.resolve(gathered(r, squared)),
    curvature: (p, share) => (v) => {
      const xv = scores(v)
      for (let i = 0, at = 0; i < n; i++, at += k) {
        let mean = 0
        for (let j = at; j < at + k; j++) mean += p[j]! * xv[j]!
        for (let j = at; j < at + k; j++) xv[j] = share[i]! * p[j]! * (xv[j]! - mean)
      }
      return Promise.resolve(gathered(xv))
    },
    release: () => Promise.resolve(),
  }
}

/** In float32. X is the first operand of each product, since onnxruntime copies the whole of a second one. */
export async function sessionProducts(x: Float32Array, n: number, k: number): Promise<LinearProducts> {
  const d = x.length / n
  const xs = tensor(x, 'float32', [n, d])
  const graph = (build: (g: Graph, x: Value) => Value) => {
    const g = new Graph()
    g.output('product', build(g, g.input('x', 'float32', [n, d])))
    return Session.create(g, x.length * k < WORTH_THREADS ? { threads: 1 } : {})
  }
  const byRow = (g: Graph) => g.input('r', 'float32', [n, k])
  const scored = (g: Graph, x: Value) => gemm(x, g.input('w', 'float32', [k, d]), undefined, { transB: true })
  const collected = (x: Value, r: Value) => transpose(gemm(x, r, undefined, { transA: true }), [1, 0])
  const scoring = await graph(scored)
  const gathering = await graph((g, x) => collected(x, byRow(g)))
  const squaring = await graph((g, x) => collected(mul(x, x), byRow(g)))
  const curving = await graph((g, x) => {
    const [p, share] = [g.input('p', 'float32', [n, k]), g.input('share', 'float32', [n, 1])]
    const xv = scored(g, x)
    const mean = reduceSum(mul(p, xv), { axes: [1], keepdims: true })
    return collected(x, mul(mul(p, share), sub(xv, mean)))
  })
  const single = (data: Float64Array, shape: readonly number[]) => tensor(new Float32Array(data), 'float32', shape)
  const run = async (session: Session, feeds: Record<string, Tensor>) =>
    new Float64Array((await session.run(feeds))['product']!.data as Float32Array)
  return {
    scores: (w) => run(scoring, { x: xs, w: single(w, [k, d]) }),
    gathered: (r, squared) => run(squared ? squaring : gathering, { x: xs, r: single(r, [n, k]) }),
    curvature(p, share) {
      const feeds = { x: xs, p: single(p, [n, k]), share: single(share, [n, 1]) }
      return (v) => run(curving, { ...feeds, w: single(v, [k, d]) })
    },
    async release() {
      for (const session of [scoring, gathering, squaring, curving]) await session.release()
    },
  }
}
