import { headLogits } from '../tasks/head-logits.ts'
import { logisticPath } from '../recipes/logistic.ts'
import { softmaxRows } from '../metrics/predictions.ts'
import { stratify } from './stratify.ts'

export interface FoldOptions {
  readonly folds: number
  readonly seed: number
  /** [n]: rows of equal number share a fold, so that no image is judged by a model that has seen its near-copy. */
  readonly groups?: Int32Array
  readonly onProgress?: (done: number, of: number) => void
  readonly check?: () => void
}

const strengths = [0.01, 0.1, 1, 10, 100]

/**
 * Out-of-sample class probabilities [n, classes] by k-fold cross-validation of a linear probe on features [n, dim]:
 * each row is predicted by a probe fitted without its fold. Features are scaled to a scalar standard deviation of 1;
 * of five penalty strengths, the one with the lowest cross-entropy on the first fold is used.
 */
export async function outOfSample(
  features: Float32Array,
  dim: number,
  labels: Int32Array,
  classes: number,
  o: FoldOptions,
): Promise<Float32Array> {
  const n = labels.length
  const fold = foldsOf(labels, o)
  const x = standardised(features)
  const out = new Float32Array(n * classes)
  let strength: number | undefined
  for (let f = 0; f < o.folds; f++) {
    const [fitted, judged] = [rowsWhere(fold, (own) => own !== f), rowsWhere(fold, (own) => own === f)]
    if (!judged.length) continue
    const given = Int32Array.from(fitted, (i) => labels[i]!)
    const held = gather(x, dim, judged)
    let best: { c: number; loss: number; p: ArrayLike<number> } | undefined
    for await (const fit of logisticPath(
      { features: gather(x, dim, fitted), labels: given, classes },
      strength === undefined ? strengths : [strength],
      { iterations: 300, tolerance: 1e-6 },
    )) {
      o.check?.()
      const p = softmaxRows(headLogits(held, { classes: [], dim, weight: fit.weight, bias: fit.bias }), classes)
      const loss = judged.reduce((sum, i, k) => sum - Math.log(Math.max(1e-12, p[k * classes + labels[i]!]!)), 0)
      if (!best || loss < best.loss) best = { c: fit.c, loss, p }
    }
    strength ??= best!.c
    judged.forEach((i, k) => {
      for (let c = 0; c < classes; c++) out[i * classes + c] = best!.p[k * classes + c]!
    })
    o.onProgress?.(f + 1, o.folds)
  }
  return out
}

/** Folds of equal size, stratified by class. */
function foldsOf(labels: Int32Array, { folds, seed, groups }: FoldOptions): Int32Array {
  const members = new Map<number, number[]>()
  labels.forEach((_, i) => {
    const group = groups ? groups[i]! : i
    const known = members.get(group)
    if (known) known.push(i)
    else members.set(group, [i])
  })
  const all = [...members.values()]
  const units = all.map((rows) => {
    const counts = new Map<number, number>()
    for (const i of rows) counts.set(labels[i]!, (counts.get(labels[i]!) ?? 0) + 1)
    return { size: rows.length, labels: counts }
  })
  const assigned = stratify(
    units,
    Array.from({ length: folds }, () => 1 / folds),
    { seed },
  )
  const fold = new Int32Array(labels.length)
  all.forEach((rows, u) => rows.forEach((i) => (fold[i] = assigned[u]!)))
  return fold
}

const rowsWhere = (fold: Int32Array, wanted: (f: number) => boolean): number[] => {
  const rows: number[] = []
  fold.forEach((f, i) => wanted(f) && rows.push(i))
  return rows
}

function gather(x: Float32Array, dim: number, rows: readonly number[]): Float32Array {
  const out = new Float32Array(rows.length * dim)
  rows.forEach((i, k) => out.set(x.subarray(i * dim, (i + 1) * dim), k * dim))
  return out
}

function standardised(x: Float32Array): Float32Array {
  let [sum, squares] = [0, 0]
  for (const v of x) {
    sum += v
    squares += v * v
  }
  const mean = sum / x.length
  const deviation = Math.sqrt(Math.max(1e-24, squares / x.length - mean * mean))
  return x.map((v) => (v - mean) / deviation)
}
