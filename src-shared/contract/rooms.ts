/**
 * Train, Compare, Merge, and querying a model about the open image. Long operations return an id and report by
 * events.
 */
import { z } from 'zod'
import { evaluationSchema } from '../model/evaluation.ts'
import { deviceEntrySchema, deviceSchema, ledgerSchema } from '../model/job.ts'
import { soupDtypeSchema } from '../model/checkpoint.ts'
import { limits } from '../model/limits.ts'
import { id } from '../model/media.ts'
import { mergeDtypeSchema } from '../model/merge.ts'
import { metricEntrySchema } from '../model/metric.ts'
import { boxTupleSchema, detectionSchema, detectionSettingsSchema } from '../model/preview.ts'
import { phaseSchema } from '../model/progress.ts'
import { checkpointRecord, runRecord } from '../model/project.ts'
import { capabilitySchema } from '../model/capability.ts'
import { modelFactsSchema } from '../model/question.ts'
import { text } from '../model/text.ts'
import { wordsSchema } from '../model/words.ts'
import { method } from './method.ts'

const nothing = z.object({}).default({})
const done = z.null()
const runStarted = z.object({ runId: z.string() })
const share = z.number().min(0).max(1)

/** A model that can be trained from, compared and merged. `folder` identifies it in all methods. */
export const modelSchema = modelFactsSchema.extend({
  name: z.string(),
  folder: z.string(),
  /** null: not a project's checkpoint. */
  checkpoint: checkpointRecord.nullable(),
  /** Located in one of the folders of the settings; otherwise, without a checkpoint, it is the bundled model. */
  outside: z.boolean(),
})
export type ModelEntry = z.infer<typeof modelSchema>

export const recipeEntry = z.object({
  name: z.string(),
  title: wordsSchema,
  about: wordsSchema,
  citation: z.string(),
  /** Capabilities that the base model must have. */
  needs: z.array(capabilitySchema),
  /**
   * JSON schema of the settings (draft 2020-12), from which the form is generated; `words` of a property hold its
   * texts in every language.
   */
  schema: z.record(z.string(), z.json()),
})
export type RecipeEntry = z.infer<typeof recipeEntry>

export const runProgress = z.object({
  runId: z.string(),
  phase: phaseSchema,
  /** Subdivision of the phase: a split. */
  part: z.string().nullish(),
  step: z.number(),
  steps: z.number(),
  loss: z.number().nullish(),
  lr: z.number().nullish(),
  imagesPerSecond: z.number().nullish(),
  /** Fraction of the whole run over all phases, 0 … 1; never decreases. */
  share: share.nullish(),
  /** For the whole run; absent while no estimate is possible. */
  secondsLeft: z.number().nullish(),
})
export type RunProgress = z.infer<typeof runProgress>

/** A run as shown in the table. */
export const runEntry = runRecord.extend({
  name: z.string(),
  /** Name of the base model; null if unknown. */
  base: z.string().nullable(),
  /** The resulting model, as named by `models.list`. */
  model: z.string().nullable(),
  /** It was stopped and left a state from which it can resume. */
  resumable: z.boolean(),
  /** Ids of the runs that it resumed: they are part of it and not listed themselves. */
  earlier: z.array(z.string()),
  progress: runProgress.nullable(),
})
export type RunEntry = z.infer<typeof runEntry>

/** A comparison of checkpoints. `differences`: images on which they disagree, up to a limit per split. */
export const comparison = z.object({
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
})
export type Comparison = z.infer<typeof comparison>

/** `min` and `max` count ingredients; for a `relative` method the first one is the base. */
export const mergeMethodEntry = z.object({
  name: z.string(),
  title: wordsSchema,
  about: wordsSchema,
  citation: z.string(),
  schema: z.record(z.string(), z.json()),
  min: z.int(),
  max: z.int().nullable(),
  relative: z.boolean(),
  /** Ingredients are selected on the split `heldOut`. */
  chooses: z.boolean(),
  /** The setting that interpolates from the base to the other ingredient. */
  mix: z.string().nullable(),
})
export type MergeMethodEntry = z.infer<typeof mergeMethodEntry>

/** The origin of a soup. */
export const soupEntry = z.object({
  method: z.string(),
  /** `weight`: its weight in the mean, if the method is a weighted mean. */
  ingredients: z.array(
    z.object({
      name: z.string(),
      /** As named by `models.list`; null if not in the project. */ folder: z.string().nullable(),
      weight: z.number().nullable(),
    }),
  ),
  /** A greedy soup's candidates in the order of trial. */
  ledger: z.array(ledgerSchema.element.omit({ dir: true }).extend({ name: z.string() })).nullable(),
  dtype: soupDtypeSchema.nullable(),
  /** Differences between the ingredients that were overridden by `insist`. */
  insisted: z.array(z.string()),
})
export type SoupEntry = z.infer<typeof soupEntry>

export const roomMethods = {
  'training.recipes': method(nothing, z.array(recipeEntry)),
  /** The devices that can be tried on this machine. */
  'training.devices': method(nothing, z.array(deviceEntrySchema)),
  /** Bundled models and the project's checkpoints, newest first. */
  'models.list': method(nothing, z.array(modelSchema)),
  'training.start': method(
    z.object({
      recipe: z.string(),
      settings: z.record(z.string(), z.json()),
      /** Folder; the bundled model by default. */
      model: z.string().optional(),
      device: deviceSchema.optional(),
      seed: z.int().nonnegative().optional(),
      name: z.string().max(200).optional(),
    }),
    runStarted,
  ),
  /** Repeats the run. A stopped run resumes if the dataset is unchanged. */
  'training.again': method(z.object({ runId: z.string() }), runStarted),
  'training.cancel': method(z.object({ runId: z.string() }), done),
  'runs.list': method(nothing, z.array(runEntry)),
  /** The figures of every step, for the curves; thinned to at most a few thousand points. */
  'runs.curve': method(z.object({ runId: z.string() }), z.array(runProgress)),
  /** In display order. */
  'evaluation.metrics': method(nothing, z.array(metricEntrySchema)),
  'evaluation.compare': method(
    z.object({ checkpoints: z.array(z.string()).min(1).max(6), splits: z.array(z.string()).optional() }),
    z.object({ jobId: z.string() }), // the job's result is a `comparison`; if the same comparison is already running, that job
  ),
  /** The running job of this comparison, else its last stored result. Starts nothing. */
  'evaluation.comparison': method(
    z.object({ checkpoints: z.array(z.string()).min(1).max(6) }),
    z.object({
      jobId: z.string().nullable(),
      kept: z.object({ result: comparison, /** Milliseconds since 1970. */ at: z.number(), stale: z.boolean() }).nullable(),
    }),
  ),
  'merging.methods': method(nothing, z.array(mergeMethodEntry)),
  /** The weight of each of `n` ingredients if the method is a weighted mean and the settings are valid; else null. */
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
      /** Merges even if tokenizer, preprocessing or templates differ. */
      insist: z.boolean().optional(),
    }),
    runStarted,
  ),
  /** null for runs without a soup. */
  'merging.soup': method(z.object({ runId: z.string() }), soupEntry.nullable()),
  /** Classes of an image according to a checkpoint, best first. */
  'preview.classify': method(
    z.object({ mediaId: id, model: z.string(), labels: z.array(z.string()).optional() }),
    z.array(z.object({ label: z.string(), labelId: id.nullable(), score: share })),
  ),
  /** Boxes in an image, best first: by words (the project's labels if none are given), or like a region of an image. */
  'preview.detect': method(
    z.object({
      mediaId: id,
      model: z.string(),
      words: z.array(text().min(1).max(limits.name)).min(1).max(limits.list).optional(),
      example: z.object({ mediaId: id, region: boxTupleSchema.optional() }).optional(),
      settings: detectionSettingsSchema.default({}),
    }),
    z.array(detectionSchema.extend({ labelId: id.nullable() })),
  ),
}

export const roomEvents = {
  /** A run was added. */
  'runs.changed': z.object({}),
  'run.progress': runProgress,
  'run.finished': z.object({ runId: z.string(), status: z.enum(['done', 'failed', 'cancelled']), error: z.string().nullable() }),
}
