/**
 * TransCLIP (Zanella, Gérin, Ben Ayed 2024, "Boosting vision-language models with transduction", §3): labelled and unlabelled features
 * as a mixture of Gaussians, one a class, that agrees with the texts (by a KL divergence) and with neighbours (by a Laplacian).
 * Written from the equations; where they leave a choice, what is chosen is said here.
 */
import type { Neighbours } from './nearest.ts'

export interface Pool {
  /** [n, dim], rows of length 1: the unlabelled first, then those with labels. */
  readonly features: Float32Array
  readonly dim: number
  /** The classifier of the texts: logits [n, classes]. */
  readonly logits: Float32Array
  readonly classes: number
  /** Of the last rows; none for TransCLIP-ZS. */
  readonly labels: readonly number[]
}

export interface Weighing {
  /** λ: how much the texts count. */
  readonly texts: number
  /** γ: how much all labelled images count beside all others, which count 1. */
  readonly labels: number
  /** Rounds of all updates; in each, the assignments are updated {@link INNER} times. */
  readonly rounds: number
}

export interface Mixture {
  /** [classes, dim]. */
  readonly means: Float64Array
  /** The diagonal of the covariance, which all classes share: [dim]. */
  readonly variances: Float64Array
  /** Of the unlabelled rows, [m, classes]; each sums to 1. */
  readonly assigned: Float64Array
  /** The objective after each round, a mean over the unlabelled rows. */
  readonly objective: readonly number[]
}

const INNER = 5
/** So many of the images that the texts are surest of are a class's first mean, where none has a label. */
const SUREST = 8
const FLOOR = 1e-6
const TINY = 1e-12

/**
 * The objective, over unlabelled rows Q and labelled rows S, with rows z of S fixed:
 *
 *   −Σ_Q zᵢ·log pᵢ − γ(|Q|/|S|) Σ_S zᵢ·log pᵢ − ½ Σ_Q Σⱼ wᵢⱼ zᵢ·zⱼ + Σ_Q (zᵢ·log zᵢ − λ zᵢ·log ŷᵢ)
 *
 * where pᵢₖ is the density of N(μₖ, diag σ²) and ŷ the softmax of the texts' logits. Its updates by blocks are
 * zᵢ ∝ ŷᵢ^λ · exp(log pᵢ + Σⱼ wᵢⱼ zⱼ), and for μ and σ² the means with weights zᵢₖ/|Q| and γ zᵢₖ/|S|. Means start
 * at those of the labelled images of a class or, without labels, of the {@link SUREST} images; σ² at 1/dim, z at ŷ. No variance
 * falls below {@link FLOOR}, so that an entry that is the same in all images divides nothing by 0.
 */
export async function transduce(
  pool: Pool,
  near: Neighbours,
  s: Weighing,
  onRound: (done: number, objective: number) => void,
): Promise<Mixture> {
  const { features: x, dim: d, classes: c, labels } = pool
  const n = x.length / d
  const m = n - labels.length
  const prior = logSoftmax(pool.logits, c)
  const z = new Float64Array(n * c)
  for (let i = 0; i < m * c; i++) z[i] = Math.exp(prior[i]!)
  labels.forEach((label, i) => (z[(m + i) * c + label] = 1))
  const shares = Float64Array.from({ length: n }, (_, i) => (i < m ? 1 / m : s.labels / labels.length))
  const means = firstMeans(pool, z, m)
  const variances = new Float64Array(d).fill(1 / d)
  const objective: number[] = []
  const density = new Float64Array(n * c)
  for (let round = 0; round < s.rounds; round++) {
    logDensities(x, means, variances, density)
    for (let inner = 0; inner < INNER; inner++) assign(z, m, c, { density, prior, near, texts: s.texts })
    refit(x, z, shares, means, variances)
    logDensities(x, means, variances, density)
    objective.push(objectiveOf(z, m, c, { density, prior, near, shares, ...s }))
    onRound(round + 1, objective.at(-1)!)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { means, variances, assigned: z.slice(0, m * c), objective }
}

/** Rows of log ŷ. */
function logSoftmax(logits: Float32Array, c: number): Float64Array {
  const out = Float64Array.from(logits)
  for (let at = 0; at < out.length; at += c) {
    const row = out.subarray(at, at + c)
    const top = row.reduce((a, b) => Math.max(a, b))
    const sum = row.reduce((total, y) => total + Math.exp(y - top), 0)
    for (let k = 0; k < c; k++) row[k]! -= top + Math.log(sum)
  }
  return out
}

function firstMeans({ features: x, dim: d, classes: c, labels }: Pool, z: Float64Array, m: number): Float64Array {
  const means = new Float64Array(c * d)
  for (let k = 0; k < c; k++) {
    const own = labels.flatMap((label, i) => (label === k ? [m + i] : []))
    const rows = own.length
      ? own
      : Array.from({ length: m }, (_, i) => i)
          .sort((a, b) => z[b * c + k]! - z[a * c + k]! || a - b)
          .slice(0, SUREST)
    for (const i of rows) for (let j = 0; j < d; j++) means[k * d + j]! += x[i * d + j]! / rows.length
  }
  return means
}

/** log N(xᵢ; μₖ, diag σ²) without the constant of π, [n, classes]. */
function logDensities(x: Float32Array, means: Float64Array, variances: Float64Array, out: Float64Array): void {
  const d = variances.length
  const [n, c] = [x.length / d, means.length / d]
  const precision = variances.map((v) => 1 / v)
  const log = -0.5 * variances.reduce((sum, v) => sum + Math.log(v), 0)
  for (let i = 0; i < n; i++)
    for (let k = 0; k < c; k++) {
      let sum = 0
      for (let j = 0; j < d; j++) {
        const off = x[i * d + j]! - means[k * d + j]!
        sum += off * off * precision[j]!
      }
      out[i * c + k] = log - 0.5 * sum
    }
}

interface Terms {
  readonly density: Float64Array
  readonly prior: Float64Array
  readonly near: Neighbours
  readonly texts: number
}

/** Σⱼ wᵢⱼ zⱼ of one row, into `out`. */
function fromNeighbours(z: Float64Array, i: number, { k: count, rows, weights }: Neighbours, out: Float64Array): void {
  const c = out.length
  out.fill(0)
  for (let e = i * count; e < (i + 1) * count; e++) for (let k = 0; k < c; k++) out[k]! += weights[e]! * z[rows[e]! * c + k]!
}

/** All unlabelled rows at once, from what they were. */
function assign(z: Float64Array, m: number, c: number, { density, prior, near, texts }: Terms): void {
  const before = z.slice()
  const around = new Float64Array(c)
  for (let i = 0; i < m; i++) {
    fromNeighbours(before, i, near, around)
    const row = z.subarray(i * c, (i + 1) * c)
    for (let k = 0; k < c; k++) row[k] = texts * prior[i * c + k]! + density[i * c + k]! + around[k]!
    const top = row.reduce((a, b) => Math.max(a, b))
    let sum = 0
    for (let k = 0; k < c; k++) sum += row[k] = Math.exp(row[k]! - top)
    for (let k = 0; k < c; k++) row[k]! /= sum
  }
}

function refit(x: Float32Array, z: Float64Array, shares: Float64Array, means: Float64Array, variances: Float64Array): void {
  const d = variances.length
  const [n, c] = [x.length / d, means.length / d]
  const total = new Float64Array(c)
  const sums = new Float64Array(c * d)
  each((i, k, share) => {
    total[k]! += share
    for (let j = 0; j < d; j++) sums[k * d + j]! += share * x[i * d + j]!
  })
  // A class that nothing is assigned to keeps its mean.
  for (let k = 0; k < c; k++) if (total[k]! > TINY) for (let j = 0; j < d; j++) means[k * d + j] = sums[k * d + j]! / total[k]!
  variances.fill(0)
  each((i, k, share) => {
    for (let j = 0; j < d; j++) variances[j]! += share * (x[i * d + j]! - means[k * d + j]!) ** 2
  })
  const all = total.reduce((a, b) => a + b)
  for (let j = 0; j < d; j++) variances[j] = Math.max(FLOOR, variances[j]! / all)

  function each(body: (i: number, k: number, share: number) => void): void {
    for (let i = 0; i < n; i++)
      for (let k = 0; k < c; k++) {
        const share = shares[i]! * z[i * c + k]!
        if (share > TINY) body(i, k, share)
      }
  }
}

function objectiveOf(
  z: Float64Array,
  m: number,
  c: number,
  { density, prior, near, texts, shares }: Terms & { readonly shares: Float64Array },
): number {
  const around = new Float64Array(c)
  let sum = 0
  for (let i = 0; i < z.length / c; i++) {
    if (i < m) fromNeighbours(z, i, near, around)
    for (let k = 0; k < c; k++) {
      const share = z[i * c + k]!
      if (share === 0) continue
      sum -= m * shares[i]! * share * density[i * c + k]!
      if (i < m) sum += share * (Math.log(share) - texts * prior[i * c + k]! - around[k]! / 2)
    }
  }
  return sum / m
}

/**
 * What a mixture says of an image by itself, i.e. zₖ ∝ ŷₖ^λ · pₖ without neighbours: since the classes share their covariance,
 * log pₖ = x·(μₖ/σ²) − ½ Σ μₖ²/σ² + what is the same for all, so it is a linear classifier: weight [classes, dim], bias [classes].
 * @param text that of the texts, likewise
 */
export function classifierOf(
  { means, variances }: Pick<Mixture, 'means' | 'variances'>,
  text: { readonly weight: Float32Array; readonly bias: Float32Array },
  texts: number,
): { weight: Float32Array; bias: Float32Array } {
  const d = variances.length
  return {
    weight: Float32Array.from(means, (mean, at) => texts * text.weight[at]! + mean / variances[at % d]!),
    bias: text.bias.map((b, k) => {
      let sum = 0
      for (let j = 0; j < d; j++) sum += means[k * d + j]! ** 2 / variances[j]!
      return texts * b - sum / 2
    }),
  }
}
