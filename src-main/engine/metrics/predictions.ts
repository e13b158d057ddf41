/** A classifier's outputs on a labelled set: the input of every classification metric. */
export interface Predictions {
  /** Number of classes C. */
  readonly classes: number
  /** [n], the true class of each example, 0 ≤ label < C. */
  readonly labels: Int32Array
  /** [n, C] row-major, unnormalised scores. */
  readonly logits: Float32Array
}

/**
 * @throws RangeError on invalid predictions, so that a diverged model's NaN is reported here and not as a metric
 * value
 */
export function checkPredictions({ classes, labels, logits }: Predictions): void {
  if (!Number.isInteger(classes) || classes < 1)
    throw new RangeError(`predictions: classes: expected a whole number above 0, found ${classes}`)
  if (logits.length !== labels.length * classes)
    throw new RangeError(`predictions: logits: expected ${labels.length} rows of ${classes}, found ${logits.length} numbers`)
  const label = labels.findIndex((y) => y < 0 || y >= classes)
  if (label >= 0) throw new RangeError(`predictions: labels: example ${label}: expected a class below ${classes}, found ${labels[label]}`)
  const bad = logits.findIndex((x) => !Number.isFinite(x))
  if (bad >= 0) throw new RangeError(`predictions: logits: example ${Math.floor(bad / classes)}: found ${logits[bad]}`)
}

/** [n, classes] probabilities of [n, classes] logits, each row summing to 1; `scale` multiplies the logits (1/temperature). */
export function softmaxRows(logits: ArrayLike<number>, classes: number, scale = 1): Float64Array {
  const p = new Float64Array(logits.length)
  for (let row = 0; row < p.length; row += classes) {
    let max = -Infinity
    for (let c = 0; c < classes; c++) max = Math.max(max, scale * logits[row + c]!)
    let sum = 0
    for (let c = 0; c < classes; c++) sum += p[row + c] = Math.exp(scale * logits[row + c]! - max)
    for (let c = 0; c < classes; c++) p[row + c]! /= sum
  }
  return p
}

/** [n] the class with the largest value in each row; the first one on ties. */
export function argmaxRows(values: ArrayLike<number>, classes: number): Int32Array {
  const best = new Int32Array(values.length / classes)
  for (let i = 0; i < best.length; i++)
    for (let c = 1; c < classes; c++) if (values[i * classes + c]! > values[i * classes + best[i]!]!) best[i] = c
  return best
}

/** [n] 1 if the predicted class is the true one, else 0. */
export const outcomes = (p: Predictions): Uint8Array =>
  Uint8Array.from(argmaxRows(p.logits, p.classes), (c, i) => (c === p.labels[i] ? 1 : 0))
