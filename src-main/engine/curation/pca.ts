import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { gemm } from '../ops/index.ts'
import { Graph } from '../graph/graph.ts'
import { Session, tensor } from '../runtime/session.ts'
import { Products } from './products.ts'

export interface Projection {
  /** [n, axes], row-major. */
  readonly rows: Float32Array
  /** Fraction of the variance on each axis. */
  readonly variance: number[]
}

/**
 * Principal components (Pearson 1901; Hotelling 1933) from the eigenvectors of the covariance matrix, which
 * onnxruntime accumulates block by block. Signs are fixed: the entry of largest magnitude on each axis is positive.
 *
 * @param x [n, dim]
 */
export async function principalComponents(x: Float32Array, dim: number, axes: number, check?: () => void): Promise<Projection> {
  const n = x.length / dim
  const mean = new Float64Array(dim)
  for (let i = 0; i < n; i++) for (let j = 0; j < dim; j++) mean[j]! += x[i * dim + j]! / n
  const covariance = await scatter(x, dim, mean, check)
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, { assumeSymmetric: true })
  const order = realEigenvalues
    .map((_, i) => i)
    .sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]!)
    .slice(0, axes)
  const total = realEigenvalues.reduce((sum, v) => sum + Math.max(0, v), 0)
  const basis = order.map((c) => settled(eigenvectorMatrix.getColumn(c)))
  return {
    rows: await project(x, dim, mean, basis, check),
    variance: order.map((c) => (total > 0 ? Math.max(0, realEigenvalues[c]!) / total : 0)),
  }
}

/** (x − mean) · basisᵀ, computed as x · basisᵀ − mean · basisᵀ. */
async function project(
  x: Float32Array,
  dim: number,
  mean: Float64Array,
  basis: readonly number[][],
  check?: () => void,
): Promise<Float32Array> {
  const n = x.length / dim
  const axes = basis.length
  const offset = basis.map((axis) => axis.reduce((sum, v, j) => sum + v * mean[j]!, 0))
  const out = new Float32Array(n * axes)
  const products = await Products.create(block, axes, dim)
  try {
    basis.forEach((axis, a) => products.right(a, Float32Array.from(axis), 0))
    for (let from = 0; from < n; from += block) {
      check?.()
      const some = Math.min(block, n - from)
      for (let i = 0; i < some; i++) products.left(i, x, from + i)
      const y = await products.run()
      for (let i = 0; i < some; i++) for (let a = 0; a < axes; a++) out[(from + i) * axes + a] = y[i * axes + a]! - offset[a]!
    }
  } finally {
    await products.release()
  }
  return out
}

const block = 4096

/** Σ (x − mean)(x − mean)ᵀ; block sums are accumulated in float64. */
async function scatter(x: Float32Array, dim: number, mean: Float64Array, check?: () => void): Promise<Matrix> {
  const n = x.length / dim
  const graph = new Graph()
  const rows = graph.input('x', 'float32', [block, dim])
  graph.output('s', gemm(rows, rows, undefined, { transA: true }))
  const session = await Session.create(graph)
  const sum = Matrix.zeros(dim, dim)
  try {
    for (let from = 0; from < n; from += block) {
      check?.()
      const centred = new Float32Array(block * dim) // padding rows are zero and add nothing
      const some = Math.min(block, n - from)
      for (let i = 0; i < some; i++) for (let j = 0; j < dim; j++) centred[i * dim + j] = x[(from + i) * dim + j]! - mean[j]!
      const s = (await session.run({ x: tensor(centred, 'float32', [block, dim]) }))['s']!.data as Float32Array
      for (let r = 0; r < dim; r++) for (let c = 0; c < dim; c++) sum.set(r, c, sum.get(r, c) + s[r * dim + c]!)
    }
  } finally {
    await session.release()
  }
  return sum
}

function settled(axis: number[]): number[] {
  const largest = axis.reduce((best, v) => (Math.abs(v) > Math.abs(best) ? v : best), 0)
  return largest < 0 ? axis.map((v) => -v) : axis
}
