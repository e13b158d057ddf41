import { nll } from './calibration.ts'
import { softmaxRows, type Predictions } from './predictions.ts'

export interface Temperature {
  /** Divide the logits by it. */
  readonly temperature: number
  /** Mean negative log-likelihood at that temperature. */
  readonly nll: number
  /** True where the likelihood still grows at the end of the range: all right (→ 0), or no better than chance (→ ∞). */
  readonly atBound: boolean
}

/** 1/T is searched between these. */
const [least, most] = [1e-2, 1e2]

/**
 * Temperature scaling (Guo et al. 2017, arXiv:1706.04599): the T that minimises NLL(logits/T). The NLL is convex in β = 1/T,
 * with derivative E[z] − z_y and curvature Var[z] under softmax(βz), so Newton's step, halved into the bracket where it
 * would leave it, finds the one minimum.
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
    const origin = logits[i * classes + label]! // moments about z_y, so that a common offset of the logits cancels exactly
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
