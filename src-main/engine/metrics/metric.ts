/** A metric is one record in its own file in `records/`; everything that computes, lists or shows metrics reads it. */
import type { MeasuredTask, MetricEntry } from '#shared/model/metric.ts'
import type { DetectionImage } from './detection.ts'
import type { Predictions } from './predictions.ts'
import type { Resampled } from './resampling.ts'
import type { MaskImage } from './segmentation.ts'

/** What the metrics of each task are computed from. */
export interface Measured {
  classify: Predictions
  /** `similarity`: [queries, candidates] row-major; `relevant`: the indices of each query's relevant candidates. */
  contrast: { readonly similarity: ArrayLike<number>; readonly relevant: readonly (readonly number[])[] }
  detect: { readonly images: readonly DetectionImage[]; readonly classes: number }
  segment: { readonly images: readonly MaskImage[]; readonly classes: number }
}

export interface MetricRecord<T extends MeasuredTask = MeasuredTask> extends MetricEntry {
  readonly task: T
  /** Sort key for columns. */
  readonly order: number
  /** Whether it says more about a whole split than about one label: tables of labels leave it out. */
  readonly detail?: true
  /** The value over at least one example. NaN if undefined for the examples, such as a mean over no classes. */
  compute(of: Measured[T]): number
  /** The value over any resample of the examples, for metrics whose interval is found by the bootstrap. */
  resampled?(of: Measured[T]): Resampled
}

/** The scale of most metrics: shown in per cent, more is better. */
export const higherPercent: Pick<MetricEntry, 'better' | 'range' | 'format'> = { better: 'higher', range: [0, 1], format: 'percent' }

export const defineMetric = <T extends MeasuredTask>(metric: MetricRecord<T>): MetricRecord<T> => metric
