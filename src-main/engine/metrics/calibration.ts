import { outcomes, softmaxRows, type Predictions } from './predictions.ts'

/** Mean negative log-likelihood of the true class, in nats, of the softmax of `scale · logits`. */
export function nll({ classes, labels, logits }: Predictions, scale = 1): number {
  let total = 0
  labels.forEach((label, i) => {
    const row = i * classes
    let max = -Infinity
    for (let c = 0; c < classes; c++) max = Math.max(max, scale * logits[row + c]!)
    let sum = 0
    for (let c = 0; c < classes; c++) sum += Math.exp(scale * logits[row + c]! - max)
    total += Math.log(sum) + max - scale * logits[row + label]!
  })
  return total / labels.length
}

export interface ReliabilityBin {
  /** Confidences in (low, high]. */
  readonly low: number
  readonly high: number
  readonly n: number
  /** Means over the bin's examples; 0 in an empty bin. */
  readonly confidence: number
  readonly accuracy: number
}

/**
 * Examples binned by the probability of their predicted class, in `count` bins of equal width (Guo et al. 2017,
 * arXiv:1706.04599).
 */
export function reliabilityBins(p: Predictions, count = 15, scale = 1): ReliabilityBin[] {
  const probabilities = softmaxRows(p.logits, p.classes, scale)
  const n = new Float64Array(count)
  const confidence = new Float64Array(count)
  const right = new Float64Array(count)
  outcomes(p).forEach((correct, i) => {
    const top = probabilities.subarray(i * p.classes, (i + 1) * p.classes).reduce((a, b) => Math.max(a, b), 0)
    const bin = Math.min(count - 1, Math.max(0, Math.ceil(top * count) - 1))
    n[bin]!++
    confidence[bin]! += top
    right[bin]! += correct
  })
  return Array.from(n, (size, b) => {
    const of = Math.max(size, 1)
    return { low: b / count, high: (b + 1) / count, n: size, confidence: confidence[b]! / of, accuracy: right[b]! / of }
  })
}

/** Expected calibration error in [0, 1]: Σ (n_b/n)·|accuracy_b − confidence_b|. */
export function ece(bins: readonly ReliabilityBin[]): number {
  const n = bins.reduce((sum, b) => sum + b.n, 0)
  return bins.reduce((sum, b) => sum + (b.n / n) * Math.abs(b.accuracy - b.confidence), 0)
}
