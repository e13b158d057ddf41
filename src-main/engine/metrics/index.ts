/** Public interface of engine/metrics: measuring predictions. */
export { compareOutcomes, type Comparison } from './compare.ts'
export { evaluatePredictions } from './evaluate.ts'
export { holm } from './holm.ts'
export { mcnemar } from './mcnemar.ts'
export { argmaxRows, outcomes, type Predictions, softmaxRows } from './predictions.ts'
export { wilson } from './wilson.ts'
export { measure, metricEntries, metricsOf } from './records.ts'
