import { argmaxRows, outcomes, type Predictions } from './predictions.ts'
import { wilson, type Interval } from './wilson.ts'

export interface ClassAccuracy {
  readonly n: number
  readonly correct: number
  /** Wilson, 95%. */
  readonly interval: Interval
}

/** Top-1 accuracy in [0, 1]; NaN without examples. */
export const accuracy = (p: Predictions): number => outcomes(p).reduce((sum, x) => sum + x, 0) / p.labels.length

/** Per class: accuracy on the examples whose true label is that class (recall). */
export function perClassAccuracy(p: Predictions): ClassAccuracy[] {
  const n = new Int32Array(p.classes)
  const correct = new Int32Array(p.classes)
  outcomes(p).forEach((right, i) => {
    n[p.labels[i]!]!++
    correct[p.labels[i]!]! += right
  })
  return Array.from(n, (count, c) => ({ n: count, correct: correct[c]!, interval: wilson(correct[c]!, count) }))
}

/** Mean accuracy of the classes that have examples (balanced accuracy); NaN if none has. */
export function meanPerClass(classes: readonly ClassAccuracy[]): number {
  const seen = classes.filter((c) => c.n > 0)
  return seen.reduce((sum, c) => sum + c.correct / c.n, 0) / seen.length
}

/** The class with the lowest accuracy; on ties the one with the most examples. Null without examples. */
export function worstClass(classes: readonly ClassAccuracy[]): number | null {
  let worst: number | null = null
  classes.forEach((c, i) => {
    if (c.n === 0) return
    const w = worst === null ? null : classes[worst]!
    const by = w === null ? -1 : c.correct * w.n - w.correct * c.n
    if (by < 0 || (by === 0 && c.n > w!.n)) worst = i
  })
  return worst
}

/** [C, C] row-major counts: the row is the true class, the column the predicted one. */
export function confusion(p: Predictions): Int32Array {
  const counts = new Int32Array(p.classes * p.classes)
  argmaxRows(p.logits, p.classes).forEach((c, i) => counts[p.labels[i]! * p.classes + c]!++)
  return counts
}
