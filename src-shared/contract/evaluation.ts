/** Compare: metrics, and comparisons of checkpoints. */
import { z } from 'zod'
import { evaluationSchema } from '../model/evaluation.ts'
import { id } from '../model/media.ts'
import { wordOrderSchema } from '../model/measured.ts'
import { metricEntrySchema } from '../model/metric.ts'
import { comparedTaskSchema, regionComparison } from '../model/region-comparison.ts'
import { method } from './method.ts'

const share = z.number().min(0).max(1)

/** A comparison of checkpoints as classifiers. `differences`: images on which they disagree, up to a limit per split. */
export const comparison = z.object({
  task: z.literal('classify').default('classify'),
  classes: z.array(z.string()),
  splits: z.array(z.string()),
  rows: z.array(z.object({ checkpoint: z.string(), name: z.string(), splits: z.record(z.string(), evaluationSchema) })),
  /**
   * Two rows on the same images: how many only `a` or only `b` got right, and McNemar's p, Holm-corrected over all
   * pairs of the split.
   */
  pairs: z.array(z.object({ split: z.string(), a: z.int(), b: z.int(), onlyA: z.int(), onlyB: z.int(), p: share })),
  differing: z.record(z.string(), z.int()),
  differences: z.array(
    z.object({
      mediaId: id.nullable(),
      file: z.string(),
      split: z.string(),
      /** Index into `classes`. */
      truth: z.int().nonnegative(),
      /** In the order of `rows`. */
      predictions: z.array(z.object({ class: z.int().nonnegative(), p: share })),
    }),
  ),
  /**
   * Of each row and split, how often the true class was called another or itself, most often first; `images`: some of those
   * called another. Comparisons of earlier versions have none.
   */
  confusions: z
    .array(
      z.object({
        row: z.int().nonnegative(),
        split: z.string(),
        cells: z.array(z.object({ truth: z.int().nonnegative(), said: z.int().nonnegative(), n: z.int().positive(), images: z.array(id) })),
      }),
    )
    .default([]),
})
export type Comparison = z.infer<typeof comparison>

/** Models by whether they tell captions of the same words apart. */
export const orderComparison = z.object({
  task: z.literal('word-order'),
  splits: z.array(z.string()),
  rows: z.array(z.object({ checkpoint: z.string(), name: z.string(), splits: z.record(z.string(), wordOrderSchema) })),
})
export type OrderComparison = z.infer<typeof orderComparison>

/** By task: of images as a whole, of regions, or of captions. */
export const anyComparison = z.union([regionComparison, orderComparison, comparison])
export type AnyComparison = z.infer<typeof anyComparison>

const task = comparedTaskSchema.default('classify')

export const evaluationMethods = {
  /** In display order. */
  'evaluation.metrics': method(z.object({}).default({}), z.array(metricEntrySchema)),
  'evaluation.compare': method(
    z.object({ task, checkpoints: z.array(z.string()).min(1).max(6), splits: z.array(z.string()).optional() }),
    z.object({ jobId: z.string() }), // the job's result is a comparison of the task; if the same comparison is already running, that job
  ),
  /** Those that are kept with the project, the latest first. */
  'evaluation.comparisons': method(
    z.object({}).default({}),
    z.array(
      z.object({
        task: comparedTaskSchema,
        checkpoints: z.array(z.string()),
        /** Of the models, in the same order. */
        names: z.array(z.string()),
        /** Milliseconds since 1970. */
        at: z.number(),
      }),
    ),
  ),
  /** The running job of this comparison, else its last stored result. Starts nothing. */
  'evaluation.comparison': method(
    z.object({ task, checkpoints: z.array(z.string()).min(1).max(6) }),
    z.object({
      jobId: z.string().nullable(),
      kept: z.object({ result: anyComparison, /** Milliseconds since 1970. */ at: z.number(), stale: z.boolean() }).nullable(),
    }),
  ),
}
