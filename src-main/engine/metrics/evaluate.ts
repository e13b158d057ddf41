import type { Evaluation } from '#shared/model/evaluation.ts'
import { perClassAccuracy, worstClass } from './accuracy.ts'
import { reliabilityBins } from './calibration.ts'
import { checkPredictions, type Predictions } from './predictions.ts'
import { measure } from './records.ts'
import { fitTemperature } from './temperature.ts'
import { wilson } from './wilson.ts'

/**
 * All figures that the comparison view shows for one model on one split.
 * @throws RangeError without examples or with non-finite logits
 */
export function evaluatePredictions(p: Predictions): Evaluation {
  checkPredictions(p)
  const n = p.labels.length
  if (n === 0) throw new RangeError('predictions: expected at least one example')
  const perClass = perClassAccuracy(p)
  const correct = perClass.reduce((sum, c) => sum + c.correct, 0)
  return {
    n,
    accuracy: correct / n,
    interval: wilson(correct, n),
    perClass,
    worstClass: worstClass(perClass)!,
    metrics: measure('classify', p),
    bins: reliabilityBins(p),
    calibration: fitTemperature(p),
  }
}
