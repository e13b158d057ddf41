/** Train, Compare, Merge, and asking a model about the open image. Long work answers with an id and goes on as events. */
import { z } from 'zod'
import { evaluationSchema } from '../model/evaluation.ts'
import { deviceSchema, ledgerSchema } from '../model/job.ts'
import { id } from '../model/media.ts'
import { checkpointRecord, runRecord } from '../model/project.ts'
import { method } from './method.ts'

const nothing = z.object({}).default({})
const done = z.null()
const runStarted = z.object({ runId: z.string() })
const share = z.number().min(0).max(1)

/** A model that training can start from, or that can be compared and merged. `folder` names it in all methods. */
export const modelSchema = z.object({ name: z.string(), folder: z.string(), checkpoint: checkpointRecord.nullable() })
export type ModelEntry = z.infer<typeof modelSchema>

export const recipeEntry = z.object({
  name: z.string(),
  /** JSON schema of the settings (draft 2020-12), from which the form is made. */
  schema: z.record(z.string(), z.json()),
})
export type RecipeEntry = z.infer<typeof recipeEntry>

export const runProgress = z.object({
  runId: z.string(),
  /** What it does now: features, train, evaluate … */
  phase: z.string(),
  step: z.number(),
  steps: z.number(),
  loss: z.number().nullish(),
  lr: z.number().nullish(),
  imagesPerSecond: z.number().nullish(),
  secondsLeft: z.number().nullish(),
})
export type RunProgress = z.infer<typeof runProgress>

/** A checkpoint on a split. `differences`: images on which the checkpoints do not all agree. */
export const comparison = z.object({
  classes: z.array(z.string()),
  splits: z.array(z.string()),
  rows: z.array(z.object({ checkpoint: z.string(), name: z.string(), splits: z.record(z.string(), evaluationSchema) })),
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
})
export type Comparison = z.infer<typeof comparison>

export const mergeMethodEntry = z.object({ name: z.string(), schema: z.record(z.string(), z.json()), min: z.int(), max: z.int().nullable() })
export type MergeMethodEntry = z.infer<typeof mergeMethodEntry>

export const roomMethods = {
  'training.recipes': method(nothing, z.array(recipeEntry)),
  'training.devices': method(nothing, z.array(deviceSchema)),
  /** Models in the box, and the project's checkpoints; the newest first. */
  'models.list': method(nothing, z.array(modelSchema)),
  'training.start': method(
    z.object({
      recipe: z.string(),
      settings: z.record(z.string(), z.json()),
      /** Folder; the model in the box unless said otherwise. */
      model: z.string().optional(),
      device: deviceSchema.optional(),
      seed: z.int().nonnegative().optional(),
      name: z.string().max(200).optional(),
    }),
    runStarted,
  ),
  'training.cancel': method(z.object({ runId: z.string() }), done),
  'runs.list': method(nothing, z.array(runRecord)),
  /** Every step's numbers, for the curves; thinned out to at most some thousand points. */
  'runs.curve': method(z.object({ runId: z.string() }), z.array(runProgress)),
  'evaluation.compare': method(
    z.object({ checkpoints: z.array(z.string()).min(1).max(6), splits: z.array(z.string()).optional() }),
    z.object({ jobId: z.string() }), // the job's result is a `comparison`
  ),
  'merging.methods': method(nothing, z.array(mergeMethodEntry)),
  'merging.start': method(
    z.object({
      method: z.string(),
      settings: z.record(z.string(), z.json()),
      checkpoints: z.array(z.string()).min(2),
      name: z.string().max(200).optional(),
    }),
    runStarted,
  ),
  /** How a soup came about; null for other runs. */
  'merging.ledger': method(z.object({ runId: z.string() }), ledgerSchema.nullable()),
  /** What a checkpoint sees on an image, the best first. */
  'preview.classify': method(
    z.object({ mediaId: id, model: z.string(), labels: z.array(z.string()).optional() }),
    z.array(z.object({ label: z.string(), labelId: id.nullable(), score: share })),
  ),
}

export const roomEvents = {
  'run.progress': runProgress,
  'run.finished': z.object({ runId: z.string(), status: z.enum(['done', 'failed', 'cancelled']), error: z.string().nullable() }),
}
