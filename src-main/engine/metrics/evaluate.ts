import type { Evaluation } from '#shared/model/evaluation.ts'
import { meanPerClass, perClassAccuracy, worstClass } from './accuracy.ts'
import { ece, nll, reliabilityBins } from './calibration.ts'
import { checkPredictions, type Predictions } from './predictions.ts'
import { fitTemperature } from './temperature.ts'
import { wilson } from './wilson.ts'

/** Everything the compare view shows of one model on one split. Throws RangeError on no examples or logits that are not finite. */
export function evaluatePredictions(p: Predictions): Evaluation {
  checkPredictions(p)
  const n = p.labels.length
  if (n === 0) throw new RangeError('predictions: expected at least one example')
  const perClass = perClassAccuracy(p)
  const correct = perClass.reduce((sum, c) => sum + c.correct, 0)
  const bins = reliabilityBins(p)
  return {
    n,
    accuracy: correct / n,
    interval: wilson(correct, n),
    meanPerClass: meanPerClass(perClass),
    perClass,
    worstClass: worstClass(perClass)!,
    nll: nll(p),
    ece: ece(bins),
    bins,
    calibration: fitTemperature(p),
  }
}
