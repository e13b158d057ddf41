import { type LinearProducts, productsOf } from './linear-products.ts'

export interface LogisticProblem {
  /** [n, d], row-major. */
  readonly features: Float32Array
  /** [n], class indices. */
  readonly labels: Int32Array
  readonly classes: number
  /** [n, classes]: added to the scores as they are, such as those of another classifier; 0 by default. */
  readonly offsets?: Float32Array
  /** [classes]: scikit-learn's class_weight; all 1 by default. */
  readonly weights?: Float32Array
}

export interface LogisticFit {
  readonly c: number
  /** [classes, d]. */
  readonly weight: Float32Array
  /** [classes]. */
  readonly bias: Float32Array
  /** C · Σ weight of the class · cross-entropy + ½‖weight‖², as in scikit-learn. */
  readonly objective: number
  /** Steps of conjugate gradients: products of the Hessian with a vector. */
  readonly iterations: number
}

export interface LogisticOptions {
  /** The most steps of conjugate gradients for each C. */
  readonly iterations?: number
  /** Stops when no entry of the gradient of the objective divided by C·n is larger in absolute value. */
  readonly tolerance?: number
  /** The solution to start from; zero by default. */
  readonly from?: Pick<LogisticFit, 'weight' | 'bias'>
}

/**
 * Multinomial logistic regression with an L2 penalty on weights but not on intercepts (scikit-learn's
 * LogisticRegression(C)), solved for each C in turn, starting from the previous solution. A truncated Newton method as in LIBLINEAR
 * minimises the objective divided by C·n, i.e. the mean cross-entropy plus ‖w‖²/(2Cn): conjugate gradients, preconditioned by the
 * Hessian's diagonal (Hsia, Chiang & Lin 2018), find a direction, and a line search that needs one product in all its length (Galli
 * & Lin 2021, Truncated Newton methods for linear classification, which found it faster than the trust region of Lin, Weng &
 * Keerthi 2008). The features are centred first, which changes the intercepts only.
 */
export async function* logisticPath(
  { features, labels, classes, offsets, weights }: LogisticProblem,
  cs: readonly number[],
  { iterations = 3000, tolerance = 3e-8, from }: LogisticOptions = {},
): AsyncGenerator<LogisticFit> {
  const n = labels.length
  const d = features.length / n
  const mean = meanOf(features, n)
  const products = await productsOf(features, mean, n, classes)
  try {
    const data: Data = {
      products,
      labels,
      classes,
      offsets,
      width: d + 1,
      share: Float64Array.from(labels, (c) => (weights?.[c] ?? 1) / n),
    }
    let w: Float64Array = new Float64Array(classes * (d + 1))
    if (from)
      for (let c = 0; c < classes; c++) {
        w.set(from.weight.subarray(c * d, (c + 1) * d), c * (d + 1))
        w[c * (d + 1) + d] = from.bias[c]! + dot(from.weight.subarray(c * d, (c + 1) * d), mean)
      }
    withoutMean(w, classes)
    for (const c of cs) {
      const found = await minimise(data, w, 1 / (c * n), { iterations, tolerance })
      w = found.w
      const weight = new Float32Array(classes * d)
      const bias = new Float32Array(classes)
      for (let k = 0; k < classes; k++) {
        const row = w.subarray(k * (d + 1), (k + 1) * (d + 1))
        weight.set(row.subarray(0, d), k * d)
        bias[k] = row[d]! - dot(row.subarray(0, d), mean)
      }
      yield { c, weight, bias, objective: found.value * c * n, iterations: found.steps }
    }
  } finally {
    await products.release()
  }
}

interface Data {
  readonly products: LinearProducts
  readonly labels: Int32Array
  readonly classes: number
  readonly offsets: Float32Array | undefined
  /** Weights of a class, the last of which is its intercept. */
  readonly width: number
  /** [n]: what the loss of a row counts for. */
  readonly share: Float64Array
}

/** Ends where the Newton step promises to lower the objective by less than half of this share of it: rounding hides more. */
const LEAST = 1e-9

/** @param w [classes, width] @param penalty λ of the objective Σ share·loss + ½λ‖w‖², without the intercepts */
async function minimise(
  data: Data,
  w: Float64Array,
  penalty: number,
  { iterations, tolerance }: { iterations: number; tolerance: number },
): Promise<{ w: Float64Array; value: number; steps: number }> {
  const { products, offsets, width } = data
  const lambda = w.map((_, i) => (i % width === width - 1 ? 0 : penalty))
  const regular = (v: Float64Array, u: Float64Array) => {
    let sum = 0
    for (let i = 0; i < v.length; i++) sum += lambda[i]! * v[i]! * u[i]!
    return sum
  }
  let steps = 0
  let first = 0
  const z = w.some((v) => v !== 0) ? await products.scores(w) : new Float64Array(data.labels.length * data.classes)
  offsets?.forEach((x, i) => (z[i]! += x))
  let at: Point = { z, ...softmaxLoss(data, z) }
  for (;;) {
    const { loss, p, residual } = at
    const value = loss + regular(w, w) / 2
    const gradient = await products.gathered(residual)
    for (let i = 0; i < w.length; i++) gradient[i]! += lambda[i]! * w[i]!
    let size = 0
    for (const v of gradient) size = Math.max(size, Math.abs(v))
    first ||= size
    if (size <= tolerance || steps >= iterations) return { w, value, steps }
    const found = await direction(data, { p, gradient, lambda, accuracy: Math.min(0.1, Math.sqrt(size / first)), most: iterations - steps })
    steps += found.steps
    const moved = search(data, {
      from: at,
      along: await products.scores(found.s),
      value,
      slope: dot(gradient, found.s),
      penalties: [regular(w, w), regular(w, found.s), regular(found.s, found.s)],
    })
    if (!moved) return { w, value, steps }
    at = moved.point
    w = w.slice()
    axpy(moved.t, found.s, w)
  }
}

/** The scores [n, classes] of some weights, with what {@link softmaxLoss} makes of them. */
type Point = { readonly z: Float64Array } & ReturnType<typeof softmaxLoss>

/** Cross-entropy of scores [n, classes], in a form that stays exact where it is nearly 0; the softmax, and share·(softmax − target). */
function softmaxLoss({ labels, classes, share }: Data, z: Float64Array) {
  const p = new Float64Array(z.length)
  const residual = new Float64Array(z.length)
  let loss = 0
  for (let i = 0; i < labels.length; i++) {
    const [at, own] = [i * classes, i * classes + labels[i]!]
    let max = -Infinity
    for (let j = at; j < at + classes; j++) max = Math.max(max, z[j]!)
    let others = 0
    for (let j = at; j < at + classes; j++) {
      p[j] = Math.exp(z[j]! - max)
      if (j !== own) others += p[j]!
    }
    const sum = others + p[own]!
    loss += share[i]! * (z[own] === max ? Math.log1p(others) : max - z[own]! + Math.log(sum))
    for (let j = at; j < at + classes; j++) {
      p[j]! /= sum
      residual[j] = share[i]! * p[j]!
    }
    residual[own] = (-share[i]! * others) / sum
  }
  return { loss, p, residual }
}

interface Quadratic {
  /** Softmax at the point [n, classes]. */
  readonly p: Float64Array
  readonly gradient: Float64Array
  readonly lambda: Float64Array
  /** The residual to be left, as a share of the gradient, both in the preconditioner's norm. */
  readonly accuracy: number
  readonly most: number
}

/**
 * Conjugate gradients for the Newton step s, H·s = −gradient. H·v is Xᵀ·(share·p∘(Xv − ⟨p, Xv⟩)) + λ∘v.
 */
async function direction({ products, classes, share }: Data, { p, gradient, lambda, accuracy, most }: Quadratic) {
  const own = new Float64Array(p.length)
  for (let i = 0, at = 0; i < share.length; i++) for (const end = at + classes; at < end; at++) own[at] = share[i]! * p[at]! * (1 - p[at]!)
  const diagonal = await products.gathered(own, true)
  const inverse = diagonal.map((v, i) => 1 / Math.max(v + lambda[i]!, Number.MIN_VALUE))
  const conditioned = (r: Float64Array) => {
    const y = withoutMean(r.slice(), classes)
    for (let i = 0; i < y.length; i++) y[i]! *= inverse[i]!
    return withoutMean(y, classes)
  }
  const curvatureAlong = products.curvature(p, share)
  const s = new Float64Array(gradient.length)
  const r = gradient.map((v) => -v)
  let y = conditioned(r)
  let v = y
  let ry = dot(r, y)
  const goal = accuracy ** 2 * ry
  let steps = 0
  while (steps < most && ry > goal) {
    const hv = await curvatureAlong(v)
    for (let i = 0; i < hv.length; i++) hv[i]! += lambda[i]! * v[i]!
    steps++
    const curvature = dot(v, hv)
    if (!(curvature > 0)) break
    const alpha = ry / curvature
    axpy(alpha, v, s)
    axpy(-alpha, hv, r)
    y = conditioned(r)
    const next = dot(r, y)
    axpy(next / ry, v, y)
    v = y
    ry = next
  }
  return { s, steps }
}

/**
 * Takes the mean over the classes off w [classes, width]: adding the same to all classes changes no probability, so that rounding alone
 * would decide how far to go that way.
 */
function withoutMean(w: Float64Array, classes: number): Float64Array {
  const width = w.length / classes
  for (let j = 0; j < width; j++) {
    let mean = 0
    for (let i = j; i < w.length; i += width) mean += w[i]! / classes
    for (let i = j; i < w.length; i += width) w[i]! -= mean
  }
  return w
}

interface Line {
  readonly from: Point
  /** The scores of the direction. */
  readonly along: Float64Array
  readonly value: number
  readonly slope: number
  /** λ⟨w, w⟩, λ⟨w, s⟩ and λ⟨s, s⟩. */
  readonly penalties: readonly [number, number, number]
}

/**
 * The first of 1, ½, ¼ … that decreases the objective enough (Armijo), with the point there; undefined if rounding hides any decrease.
 * Where a class was never seen before, its curvature is next to nothing and the Newton step longer than it by as many orders of magnitude.
 * Where classes can be told apart, the loss falls like an exponential and the Newton step is far too short: 1 is doubled while that goes
 * on paying. It costs no product.
 */
function search(data: Data, { from, along, value, slope, penalties: [ww, ws, ss] }: Line): { t: number; point: Point } | undefined {
  if (!(-slope > LEAST * value)) return undefined
  const there = (t: number) => {
    const z = from.z.slice()
    axpy(t, along, z)
    const point = { z, ...softmaxLoss(data, z) }
    let steepness = ws + t * ss
    for (let i = 0; i < along.length; i++) steepness += point.residual[i]! * along[i]!
    return { t, point, value: point.loss + (ww + 2 * t * ws + t * t * ss) / 2, steepness }
  }
  for (let t = 1; t > 1e-60; t /= 2) {
    let best = there(t)
    if (best.value > value + 0.01 * t * slope) continue
    while (t >= 1 && -best.steepness * best.t > WORTH_DOUBLING * best.value) {
      const further = there(2 * best.t)
      if (!(further.value < best.value)) break
      best = further
    }
    return best
  }
  return undefined
}

/** What a step twice as long promises to lower the objective by, as a share of it, for that one to be tried. */
const WORTH_DOUBLING = 0.1

function meanOf(features: Float32Array, n: number): Float64Array {
  const mean = new Float64Array(features.length / n)
  for (let at = 0; at < features.length;) for (let j = 0; j < mean.length; j++) mean[j]! += features[at++]!
  return mean.map((sum) => sum / n)
}

const dot = (a: Float64Array | Float32Array, b: Float64Array) => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
const axpy = (k: number, a: Float64Array, into: Float64Array) => {
  for (let i = 0; i < a.length; i++) into[i]! += k * a[i]!
}
