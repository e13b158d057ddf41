import type { ReportScore } from '#shared/model/report.ts'
import { measure, outcomes, type Predictions, wilson } from '../../engine/metrics/index.ts'

/**
 * A row's score on one set, with its other metrics and the outcomes needed for paired tests.
 * @throws RangeError without examples
 */
export function scored(p: Predictions): ReportScore {
  const right = outcomes(p)
  if (right.length === 0) throw new RangeError('predictions: expected at least one example')
  const correct = right.reduce((a, b) => a + b, 0)
  return {
    accuracy: correct / right.length,
    interval: wilson(correct, right.length),
    n: right.length,
    outcomes: right.join(''),
    metrics: measure('classify', p),
  }
}
