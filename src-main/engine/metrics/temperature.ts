import { nll } from './calibration.ts'
import { softmaxRows, type Predictions } from './predictions.ts'

export interface Temperature {
  /** The divisor of the logits. */
  readonly temperature: number
  /** Mean negative log-likelihood at that temperature. */
  readonly nll: number
  /**
   * True if the likelihood still increases at the end of the range: everything is correct (T → 0) or no better than
   * chance (T → ∞).
   */
  readonly atBound: boolean
}

/** Search range of 1/T. */
const [least, most] = [1e-2, 1e2]

/**
 * Temperature scaling (Guo et al. 2017, arXiv:1706.04599): the T that minimises NLL(logits/T). The NLL is convex in β
 * = 1/T, with derivative E[z] − z_y and curvature Var[z] under softmax(βz), so Newton's method, falling back to
 * bisection when a step leaves the bracket, finds the unique minimum.
 */
export function fitTemperature(p: Predictions): Temperature {
  for (const beta of [least, most]) {
    const { slope } = derivatives(p, beta)
    if (beta === least ? slope >= 0 : slope <= 0) return { temperature: 1 / beta, nll: nll(p, beta), atBound: true }
  }
  let [low, high] = [least, most]
  let beta = 1
  for (let step = 0; step < 100; step++) {
    const { slope, curvature } = derivatives(p, beta)
    if (slope > 0) high = beta
    else low = beta
    const newton = beta - slope / curvature
    const next = newton > low && newton < high ? newton : Math.sqrt(low * high)
    const moved = Math.abs(next - beta)
    beta = next
    if (moved <= 1e-12 * beta) break
  }
  return { temperature: 1 / beta, nll: nll(p, beta), atBound: false }
}

function derivatives({ classes, labels, logits }: Predictions, beta: number) {
  const q = softmaxRows(logits, classes, beta)
  let slope = 0
  let curvature = 0
  labels.forEach((label, i) => {
    let mean = 0
    let square = 0
    const origin = logits[i * classes + label]! // moments about z_y, so that a constant offset of the logits cancels exactly
    for (let c = 0; c < classes; c++) {
      const z = logits[i * classes + c]! - origin
      mean += q[i * classes + c]! * z
      square += q[i * classes + c]! * z * z
    }
    slope += mean
    curvature += square - mean * mean
  })
  return { slope: slope / labels.length, curvature: curvature / labels.length }
}
