import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { Graph } from '../graph/graph.ts'
import { gemm } from '../ops/index.ts'
import { Session, tensor } from '../runtime/session.ts'

/** A linear map y = map·x + bias: `map` [outputs, d]. */
export interface Discriminant {
  readonly map: Float32Array
  readonly bias: Float32Array
}

/**
 * Linear discriminant analysis (Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, §4.3.3): whitens
 * the within-class covariance, then keeps the `outputs` directions in which the class means differ most.
 * @param x [n, d] @param classOf class of each row @param shrinkage of the covariance towards a multiple of the
 * identity
 */
export async function discriminant(
  x: Float32Array,
  classOf: readonly number[],
  classes: number,
  outputs: number,
  shrinkage = 0.05,
): Promise<Discriminant> {
  const n = classOf.length
  const d = x.length / n
  const mean = new Float64Array(d)
  const means = new Float64Array(classes * d)
  const counts = new Float64Array(classes)
  classOf.forEach((c, r) => {
    counts[c]!++
    for (let i = 0; i < d; i++) means[c * d + i]! += x[r * d + i]!
  })
  means.forEach((m, i) => {
    mean[i % d]! += m / n
    means[i] = m / counts[Math.floor(i / d)]!
  })
  const residuals = x.map((value, i) => value - means[classOf[Math.floor(i / d)]! * d + (i % d)]!)
  const s = Float64Array.from(await gram(residuals, n, d), (v) => v / n)
  let trace = 0
  for (let i = 0; i < d; i++) trace += s[i * d + i]!
  for (let i = 0; i < d; i++) s[i * d + i]! += (shrinkage * trace) / d
  const whitening = inverseOfCholesky(s, d)

  // The centred, whitened means [classes, d], and their principal axes.
  const white = Float32Array.from({ length: classes * d }, (_, i) => means[i]! - mean[i % d]!)
  for (let c = 0; c < classes; c++) white.set(times(whitening, white.subarray(c * d, (c + 1) * d)), c * d)
  const { eigenvectorMatrix: axes } = new EigenvalueDecomposition(Matrix.from1DArray(d, d, await gram(white, classes, d)), {
    assumeSymmetric: true,
  })
  const map = new Float32Array(outputs * d)
  for (let f = 0; f < outputs; f++)
    for (let j = 0; j < d; j++) {
      const a = axes.get(j, d - 1 - f) // eigenvalues are in ascending order
      for (let i = 0; i <= j; i++) map[f * d + i]! += a * whitening[j * d + i]!
    }
  return { map, bias: times(map, mean).map((v) => -v) }
}

/** xᵀ·x of x [n, d]. */
async function gram(x: Float32Array, n: number, d: number): Promise<Float32Array> {
  const graph = new Graph()
  const input = graph.input('x', 'float32', [n, d])
  graph.output('y', gemm(input, input, undefined, { transA: true }))
  const session = await Session.create(graph)
  const { y } = await session.run({ x: tensor(x, 'float32', [n, d]) })
  await session.release()
  return (y!.data as Float32Array).slice()
}

/** Matrix-vector product m·x for m [rows, d]. */
function times(m: Float32Array, x: Float32Array | Float64Array): Float32Array {
  const d = x.length
  return Float32Array.from({ length: m.length / d }, (_, r) => {
    let sum = 0
    for (let i = 0; i < d; i++) sum += m[r * d + i]! * x[i]!
    return sum
  })
}

/**
 * L⁻¹ for a symmetric positive definite matrix L·Lᵀ, of which the lower triangle is given (Golub & Van Loan,
 * algorithm 4.2.1).
 */
function inverseOfCholesky(s: Float64Array, d: number): Float32Array {
  const l = s.slice()
  for (let j = 0; j < d; j++) {
    for (let i = j; i < d; i++) {
      let sum = l[i * d + j]!
      for (let k = 0; k < j; k++) sum -= l[i * d + k]! * l[j * d + k]!
      l[i * d + j] = sum
    }
    const root = Math.sqrt(l[j * d + j]!)
    for (let i = j; i < d; i++) l[i * d + j]! /= root
  }
  const inverse = new Float64Array(d * d)
  for (let c = 0; c < d; c++)
    for (let i = c; i < d; i++) {
      let sum = i === c ? 1 : 0
      for (let k = c; k < i; k++) sum -= l[i * d + k]! * inverse[k * d + c]!
      inverse[i * d + c] = sum / l[i * d + i]!
    }
  return Float32Array.from(inverse)
}
