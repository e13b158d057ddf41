/** Train, Compare, Merge, and asking a model about the open image. Long work answers with an id and goes on as events. */
import { z } from 'zod'
import { evaluationSchema } from '../model/evaluation.ts'
import { deviceEntrySchema, deviceSchema, ledgerSchema } from '../model/job.ts'
import { soupDtypeSchema } from '../model/checkpoint.ts'
import { id } from '../model/media.ts'
import { mergeDtypeSchema } from '../model/merge.ts'
import { metricEntrySchema } from '../model/metric.ts'
import { phaseSchema } from '../model/progress.ts'
import { checkpointRecord, runRecord } from '../model/project.ts'
import { capabilitySchema } from '../model/capability.ts'
import { modelFactsSchema } from '../model/question.ts'
import { wordsSchema } from '../model/words.ts'
import { method } from './method.ts'

const nothing = z.object({}).default({})
const done = z.null()
const runStarted = z.object({ runId: z.string() })
const share = z.number().min(0).max(1)

/** A model that training can start from, or that can be compared and merged. `folder` names it in all methods. */
export const modelSchema = modelFactsSchema.extend({
  name: z.string(),
  folder: z.string(),
  /** null: no project's. */
  checkpoint: checkpointRecord.nullable(),
  /** It lies in one of the folders of the settings; else, without a checkpoint, it is the model in the box. */
  outside: z.boolean(),
})
export type ModelEntry = z.infer<typeof modelSchema>

export const recipeEntry = z.object({
  name: z.string(),
  title: wordsSchema,
  about: wordsSchema,
  citation: z.string(),
  /** What it asks of the model that it starts from. */
  needs: z.array(capabilitySchema),
  /** JSON schema of the settings (draft 2020-12), from which the form is made; `words` of a property say it in every language. */
  schema: z.record(z.string(), z.json()),
})
export type RecipeEntry = z.infer<typeof recipeEntry>

export const runProgress = z.object({
  runId: z.string(),
  phase: phaseSchema,
  /** Which stretch of the phase: a split. */
  part: z.string().nullish(),
  step: z.number(),
  steps: z.number(),
  loss: z.number().nullish(),
  lr: z.number().nullish(),
  imagesPerSecond: z.number().nullish(),
  /** Of the whole run, all phases together, 0 … 1; it never falls. */
  share: share.nullish(),
  /** For the whole run; none where there is no ground for a guess yet. */
  secondsLeft: z.number().nullish(),
})
export type RunProgress = z.infer<typeof runProgress>

/** A run as the table shows it. */
export const runEntry = runRecord.extend({
  name: z.string(),
  /** The model that it started from, by name; null where that is not known. */
  base: z.string().nullable(),
  /** What it left, as `models.list` names it. */
  model: z.string().nullable(),
  /** It was stopped, and what it had done lies there to go on from. */
  resumable: z.boolean(),
  /** Ids of the runs that it went on from: they are part of it, and are not listed themselves. */
  earlier: z.array(z.string()),
  progress: runProgress.nullable(),
})
export type RunEntry = z.infer<typeof runEntry>

/** A checkpoint on a split. `differences`: images on which the checkpoints do not all agree, so many of each split. */
export const comparison = z.object({
  classes: z.array(z.string()),
  splits: z.array(z.string()),
  rows: z.array(z.object({ checkpoint: z.string(), name: z.string(), splits: z.record(z.string(), evaluationSchema) })),
  /** Two rows on the same images: how many only `a` or only `b` got right, and McNemar's p, corrected for all pairs of the split (Holm). */
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
})
export type Comparison = z.infer<typeof comparison>

/** `min` and `max` ingredients; for a `relative` method the first is the base that the others are seen from. */
export const mergeMethodEntry = z.object({
  name: z.string(),
  title: wordsSchema,
  about: wordsSchema,
  citation: z.string(),
  schema: z.record(z.string(), z.json()),
  min: z.int(),
  max: z.int().nullable(),
  relative: z.boolean(),
  /** Its ingredients are chosen on the split `heldOut`. */
  chooses: z.boolean(),
  /** The setting that is a way from the base to the one other. */
  mix: z.string().nullable(),
})
export type MergeMethodEntry = z.infer<typeof mergeMethodEntry>

/** How a soup came about. */
export const soupEntry = z.object({
  method: z.string(),
  /** `weight`: its share in the mean, where the method is one. */
  ingredients: z.array(
    z.object({
      name: z.string(),
      /** As `models.list` names it; null where it is not in the project. */ folder: z.string().nullable(),
      weight: z.number().nullable(),
    }),
  ),
  /** A greedy soup's candidates in the order of trial. */
  ledger: z.array(ledgerSchema.element.omit({ dir: true }).extend({ name: z.string() })).nullable(),
  dtype: soupDtypeSchema.nullable(),
  /** In what the ingredients differ although they were blended. */
  insisted: z.array(z.string()),
})
export type SoupEntry = z.infer<typeof soupEntry>

export const roomMethods = {
  'training.recipes': method(nothing, z.array(recipeEntry)),
  /** Those that can be tried on this machine. */
  'training.devices': method(nothing, z.array(deviceEntrySchema)),
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
  /** The same once more. A run that was stopped goes on where it was, where the dataset is still the same. */
  'training.again': method(z.object({ runId: z.string() }), runStarted),
  'training.cancel': method(z.object({ runId: z.string() }), done),
  'runs.list': method(nothing, z.array(runEntry)),
  /** Every step's numbers, for the curves; thinned out to at most some thousand points. */
  'runs.curve': method(z.object({ runId: z.string() }), z.array(runProgress)),
  /** In the order in which they are shown. */
  'evaluation.metrics': method(nothing, z.array(metricEntrySchema)),
  'evaluation.compare': method(
    z.object({ checkpoints: z.array(z.string()).min(1).max(6), splits: z.array(z.string()).optional() }),
    z.object({ jobId: z.string() }), // the job's result is a `comparison`; where these are being compared already, that job
  ),
  /** What came of comparing these: the job that is at it, else what it found when it was last done. Begins nothing. */
  'evaluation.comparison': method(
    z.object({ checkpoints: z.array(z.string()).min(1).max(6) }),
    z.object({
      jobId: z.string().nullable(),
      kept: z.object({ result: comparison, /** Milliseconds since 1970. */ at: z.number(), stale: z.boolean() }).nullable(),
    }),
  ),
  'merging.methods': method(nothing, z.array(mergeMethodEntry)),
  /** The share of each of `n` ingredients, where the method is a plain mean and these are settings of it; else null. */
  'merging.shares': method(
    z.object({ method: z.string(), settings: z.record(z.string(), z.json()), n: z.int().min(1).max(100) }),
    z.array(z.number()).nullable(),
  ),
  'merging.start': method(
    z.object({
      method: z.string(),
      settings: z.record(z.string(), z.json()),
      checkpoints: z.array(z.string()).min(2),
      name: z.string().max(200).optional(),
      dtype: mergeDtypeSchema.optional(),
      /** Blends although tokenizer, preprocessing or templates differ. */
      insist: z.boolean().optional(),
    }),
    runStarted,
  ),
  /** null for runs that left no soup. */
  'merging.soup': method(z.object({ runId: z.string() }), soupEntry.nullable()),
  /** What a checkpoint sees on an image, the best first. */
  'preview.classify': method(
    z.object({ mediaId: id, model: z.string(), labels: z.array(z.string()).optional() }),
    z.array(z.object({ label: z.string(), labelId: id.nullable(), score: share })),
  ),
}

export const roomEvents = {
  /** One was added. */
  'runs.changed': z.object({}),
  'run.progress': runProgress,
  'run.finished': z.object({ runId: z.string(), status: z.enum(['done', 'failed', 'cancelled']), error: z.string().nullable() }),
}
