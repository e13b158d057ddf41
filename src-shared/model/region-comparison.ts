/** Detectors or segmenters on the same images. Fractions are in [0, 1]; intervals are 95%, by the bootstrap over images. */
import { z } from 'zod'
import { intervalSchema } from './evaluation.ts'
import { id } from './media.ts'
import { box } from './shape.ts'

export const comparedTaskSchema = z.enum(['classify', 'detect', 'segment', 'word-order'])
export type ComparedTask = z.infer<typeof comparedTaskSchema>
export const regionTaskSchema = comparedTaskSchema.extract(['detect', 'segment'])
export type RegionTaskId = z.infer<typeof regionTaskSchema>

/** Each metric of the task by its id (model/metric.ts), as far as it is defined and existed when this was measured. */
const metrics = z.record(z.string(), z.number())
const share = z.number().min(0).max(1)
const difference = z.number().min(-1).max(1)

export const regionEvaluationSchema = z.object({
  /** Images, and accepted regions in them. */
  n: z.int().positive(),
  regions: z.int().positive(),
  metrics,
  /** Of the metrics that have one. */
  intervals: z.record(z.string(), intervalSchema),
  /** Labels that occur, in the order of the classes. */
  labels: z.array(z.object({ label: z.string(), regions: z.int().positive(), metrics })),
})
export type RegionEvaluation = z.infer<typeof regionEvaluationSchema>

const placed = z.object({ /** Index into `classes`. */ class: z.int().nonnegative(), box })

export const regionComparison = z.object({
  task: regionTaskSchema,
  /** The metric that stands for the others, and the one by which single images are judged. */
  main: z.string(),
  ofImages: z.string(),
  classes: z.array(z.string()),
  splits: z.array(z.string()),
  rows: z.array(z.object({ checkpoint: z.string(), name: z.string(), splits: z.record(z.string(), regionEvaluationSchema) })),
  /** Two rows on the same images: `a` minus `b` in the main metric, and its p, Holm-corrected over all pairs of the split. */
  pairs: z.array(
    z.object({ split: z.string(), a: z.int(), b: z.int(), difference, interval: z.tuple([difference, difference]), p: share }),
  ),
  differing: z.record(z.string(), z.int()),
  /** Images on which two rows are clearly apart, farthest first, up to a limit per split. */
  differences: z.array(
    z.object({
      mediaId: id,
      file: z.string(),
      split: z.string(),
      width: z.int().positive(),
      height: z.int().positive(),
      truth: z.array(placed),
      /** In the order of `rows`. `found`: as many as the image has regions, the best first; of masks, what encloses them. */
      rows: z.array(z.object({ score: share, found: z.array(placed.extend({ score: z.number() })) })),
    }),
  ),
})
export type RegionComparison = z.infer<typeof regionComparison>
