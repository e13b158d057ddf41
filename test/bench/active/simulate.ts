/** Active learning with labels that are there but hidden, and given on request: linear probes on features computed once. */
import { strategyRecord } from '../../../src-main/engine/curation/strategies.ts'
import type { Seen } from '../../../src-main/engine/curation/strategy.ts'
import { Rng } from '../../../src-main/engine/data/rng.ts'
import { argmaxRows, softmaxRows } from '../../../src-main/engine/metrics/predictions.ts'
import { type LogisticFit, logisticPath } from '../../../src-main/engine/recipes/logistic.ts'
import { headLogits } from '../../../src-main/engine/tasks/head-logits.ts'

/** Images with their features and true classes, of which some are asked for and others measured on. */
export interface HiddenSet {
  readonly name: string
  readonly classes: number
  readonly dim: number
  /** [n, dim]. */
  readonly features: Float32Array
  /** [n]. */
  readonly truth: Int32Array
  /** Rows that may be labelled, and those that are measured on, by seed. */
  divided(seed: number): { readonly pool: Int32Array; readonly test: Int32Array }
}

export interface Plan {
  /** A strategy's id, with the slider's position for one that mixes. */
  readonly strategy: string
  readonly diversity?: number
  readonly seed: number
  /** Labels that are given at random before the strategy is first asked, and with each request. */
  readonly batch: number
  /** The penalty of the probe, as scikit-learn's C. */
  readonly strength: number
  /** Stops once this accuracy is reached; at all labels by default. */
  readonly until?: number
}

export interface Point {
  readonly labels: number
  readonly accuracy: number
}

/** The accuracy after each round. Equal plans give equal curves. */
export async function simulate(set: HiddenSet, plan: Plan): Promise<Point[]> {
  const { pool, test } = set.divided(plan.seed)
  const record = strategyRecord(plan.strategy)
  const own = rowsOf(set, pool)
  const truth = pool.map((row) => set.truth[row]!)
  const labels = new Int32Array(pool.length).fill(-1)
  const held = { rows: rowsOf(set, test), truth: test.map((row) => set.truth[row]!) }
  const first = Rng.of(plan.seed, 0xac71).shuffle(Int32Array.from(pool.keys()))
  for (const row of first.subarray(0, plan.batch)) labels[row] = truth[row]!
  const curve: Point[] = []
  for (let round = 0; ; round++) {
    const probe = await fitted(set, own, labels, plan.strength)
    const given = labels.reduce((n, l) => n + Number(l >= 0), 0)
    curve.push({ labels: given, accuracy: accuracyOf(headLogits(held.rows, probe), held.truth, set.classes) })
    if (given === pool.length || (plan.until !== undefined && reached(curve, plan.until) !== null)) return curve
    const seen: Seen = {
      classes: set.classes,
      probabilities: softmaxRows(headLogits(own, probe), set.classes),
      labels,
      features: own,
      dim: set.dim,
      candidates: Int32Array.from(pool.keys()).filter((row) => labels[row]! < 0),
      seed: plan.seed * 1000 + round,
      diversity: plan.diversity ?? 0,
    }
    for (const row of record.rank(seen, plan.batch).order) labels[row] = truth[row]!
  }
}

/**
 * The labels at which a curve first is this accurate, as the mean of a round with the ones before and after it, as a single round may
 * be lucky; null if it is not yet.
 */
export function reached(curve: readonly Point[], accuracy: number): number | null {
  const even = curve.slice(0, -1).map((_, i) => {
    const near = curve.slice(Math.max(0, i - 1), i + 2)
    return near.reduce((sum, p) => sum + p.accuracy, 0) / near.length
  })
  const at = even.findIndex((a) => a >= accuracy)
  return at < 0 ? null : curve[at]!.labels
}

/** The accuracy with every label of the pool. */
export async function fullAccuracy(set: HiddenSet, seed: number, strength: number): Promise<number> {
  const { pool, test } = set.divided(seed)
  const probe = await fitted(
    set,
    rowsOf(set, pool),
    pool.map((row) => set.truth[row]!),
    strength,
  )
  const truth = test.map((row) => set.truth[row]!)
  return accuracyOf(headLogits(rowsOf(set, test), probe), truth, set.classes)
}

type Probe = Pick<LogisticFit, 'weight' | 'bias'> & { readonly classes: readonly string[]; readonly dim: number }

/** From zero each time: where a class is first seen, the probe of the round before is a bad place to start from. */
async function fitted({ classes, dim }: HiddenSet, rows: Float32Array, labels: Int32Array, c: number): Promise<Probe> {
  const known = [...labels.keys()].filter((row) => labels[row]! >= 0)
  const features = new Float32Array(known.length * dim)
  known.forEach((row, k) => features.set(rows.subarray(row * dim, (row + 1) * dim), k * dim))
  const given = Int32Array.from(known, (row) => labels[row]!)
  const until = { iterations: 100, tolerance: 1e-4 }
  for await (const { weight, bias } of logisticPath({ features, labels: given, classes }, [c], until))
    return { classes: [], dim, weight, bias }
  throw new Error('no probe was fitted')
}

function rowsOf({ features, dim }: HiddenSet, rows: Int32Array): Float32Array {
  const out = new Float32Array(rows.length * dim)
  rows.forEach((row, k) => out.set(features.subarray(row * dim, (row + 1) * dim), k * dim))
  return out
}

function accuracyOf(logits: Float32Array, truth: Int32Array, classes: number): number {
  const best = argmaxRows(logits, classes)
  return truth.reduce((n, c, i) => n + Number(best[i] === c), 0) / truth.length
}
