import type { EvaluateJob, Measured } from '#shared/model/job.ts'
import type { Words } from '#shared/model/words.ts'
import type { PixelStore } from '../data/cache.ts'
import type { Patience } from '../data/images.ts'
import type { Model } from '../models/model.ts'
import type { Provider } from '../runtime/session.ts'
import type { JobHooks } from './hooks.ts'

/** What is measured on. */
export type Data = Pick<EvaluateJob, 'splits' | 'classes' | 'templates' | 'cache' | 'found' | 'zeroShot'>

export interface Measuring {
  readonly hooks: JobHooks
  readonly provider: Provider
  readonly pictures: PixelStore
  /** If given, images of a folder that is gone are waited for. */
  readonly patience?: Patience
}

/** A way to measure a checkpoint, by the task that it is measured at: one record in its own file in `measures/`. */
export interface MeasureRecord {
  /** The task's id. */
  readonly id: string
  readonly order: number
  readonly title: Words
  /** The metric that stands for the others, by its id. */
  readonly main: string
  /** What is measured, for the command's help. */
  readonly about: string
  measure(model: Model, data: Data, o: Measuring): Promise<Measured>
}

export const defineMeasure = (measure: MeasureRecord): MeasureRecord => measure
