import { z } from 'zod'
import { courseSchema, keptSchema } from './course.ts'
import { deviceSchema, devicesChecked } from './devices.ts'
import { classSchema, itemSchema, leftOutSchema } from './item.ts'
import { knowledgeSchema, knowledgeSetSchema } from './knowledge.ts'
import { mergeDtypeSchema, mergeMethodSchema } from './merge.ts'
import { ledgerSchema, measuredSchema } from './measured.ts'
import { paceSchema } from './outline.ts'
import { progressSchema } from './progress.ts'
import { sweepRefSchema } from './checkpoint.ts'

export * from './item.ts'
export * from './measured.ts'
export { type Device, type DeviceEntry, deviceEntrySchema, deviceSchema } from './devices.ts'

/**
 * Messages to and from an engine worker. A job contains everything it needs as plain data: the worker knows no
 * project.
 */

const splitsSchema = z.record(z.string(), z.array(itemSchema))

export const trainJobSchema = z.object({
  kind: z.literal('train'),
  /** Checkpoint folder to start from. */
  model: z.string().min(1),
  /** Checkpoint folder to write. */
  out: z.string().min(1),
  /** Recipe id; engine/recipes knows which exist and validates their settings. */
  recipe: z.string().min(1),
  settings: z.record(z.string(), z.unknown()),
  seed: z.int().nonnegative(),
  device: deviceSchema,
  /** None only for tasks of captions. */
  classes: z.array(classSchema),
  templates: z.array(z.string()).nullish(),
  /** `train` and `val` are used in training; every split is evaluated at the end. */
  splits: splitsSchema,
  /** Images without labels, for recipes that learn from them; their `label` says nothing. */
  pool: z.array(itemSchema).optional(),
  dataHash: z.string().nullable(),
  /** Unreadable images of the dataset that are in no split: the record lists them. */
  leftOut: z.array(leftOutSchema).optional(),
  /** Folder of cached features. */
  cache: z.string(),
  /** For the record: the sweep that this is a run of, and how many images of each class were drawn. */
  sweep: sweepRefSchema.optional(),
  shots: z.int().positive().optional(),
  /** Interval at which the resumable state is saved. */
  saveEverySeconds: z.number().nonnegative().default(60),
  /** Whether it waits for room on the disk, and for a folder of images that is gone, instead of failing. */
  waits: z.boolean().optional(),
  /**
   * Whether the state outlives the training, until who asked for it has recorded the checkpoint and removes it. Without it a crash in
   * between leaves a checkpoint that nobody knows; with it the training is taken up again, and has nothing left to do.
   */
  keepsState: z.boolean().optional(),
  /** What the model knew before is measured on this, and what it knows after. */
  knowledge: knowledgeSetSchema.optional(),
})
export type TrainJob = z.infer<typeof trainJobSchema>

/** Some steps of a training, to see how long it would take; nothing is written. */
export const rehearseJobSchema = trainJobSchema
  .omit({ out: true, dataHash: true, saveEverySeconds: true, keepsState: true, knowledge: true })
  .extend({ kind: z.literal('rehearse') })
export type RehearseJob = z.infer<typeof rehearseJobSchema>

export const evaluateJobSchema = z.object({
  kind: z.literal('evaluate'),
  checkpoint: z.string().min(1),
  /** What is measured; the engine has a record for each and rejects others. */
  task: z.string().default('classify'),
  device: deviceSchema,
  /** None only for tasks of captions. */
  classes: z.array(classSchema),
  templates: z.array(z.string()).nullish(),
  splits: splitsSchema,
  leftOut: z.array(leftOutSchema).optional(),
  cache: z.string(),
  /** For tasks of regions: also answers what was found in each image. */
  found: z.boolean().optional(),
  /** For classification: measures the towers by the texts of the classes, even if the checkpoint has a head for others. */
  zeroShot: z.boolean().optional(),
})
export type EvaluateJob = z.infer<typeof evaluateJobSchema>

export const mergeJobSchema = z.object({
  kind: z.literal('merge'),
  method: mergeMethodSchema,
  checkpoints: z.array(z.string().min(1)).min(1),
  out: z.string().min(1),
  /** The dtype of the soup. */
  dtype: mergeDtypeSchema.default('keep'),
  /** Merges even if tokenizer, preprocessing or templates differ. */
  insist: z.boolean().default(false),
  device: deviceSchema,
  classes: z.array(classSchema),
  /** Evaluated at the end; a greedy soup is selected on `heldOut`. */
  splits: splitsSchema,
  leftOut: z.array(leftOutSchema).optional(),
  cache: z.string(),
  /** The run that will enter the soup in its project. */
  run: z.string().optional(),
  /** On what forgetting is measured: beside `base`, whose towers the soup may have left as they are. */
  knowledge: knowledgeSetSchema.extend({ base: z.string().min(1), unchanged: z.boolean() }).optional(),
})
export type MergeJob = z.infer<typeof mergeJobSchema>

const int32 = z.custom<Int32Array>((x) => x instanceof Int32Array, 'expected an Int32Array')
const float32 = z.custom<Float32Array>((x) => x instanceof Float32Array, 'expected a Float32Array')
const float64 = z.custom<Float64Array>((x) => x instanceof Float64Array, 'expected a Float64Array')
const uint8 = z.custom<Uint8Array>((x) => x instanceof Uint8Array, 'expected a Uint8Array')

/** What to label next, by a strategy. `labels`: the class of each image, −1 for none; `candidates`: 1 for those to choose from. */
export const nextTaskSchema = z.object({
  kind: z.literal('next'),
  strategy: z.string(),
  count: z.int().positive(),
  seed: z.int().nonnegative(),
  diversity: z.number().min(0).max(1),
  labels: int32,
  candidates: uint8,
  classes: z.array(classSchema).min(2),
  /** Another checkpoint, for strategies that compare two. */
  other: z.string().min(1).optional(),
})

/** Curation tasks on image embeddings; near-copies, doubts and the map refer to images by their index in `images`. */
export const curateTaskSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('near'),
    /** The first `preferred` images take precedence in keeping. */
    preferred: z.int().nonnegative(),
    similarity: z.number(),
    keep: z.enum(['farthest', 'closest']),
    seed: z.int().nonnegative(),
  }),
  z.object({
    kind: z.literal('doubts'),
    /** Class of each image; images of one group share a fold. */
    labels: int32,
    groups: int32,
    classes: z.int().min(2),
    folds: z.int().min(2),
    seed: z.int().nonnegative(),
  }),
  /** `ids`: the images' ids in the index in `folder`, ascending. */
  z.object({ kind: z.literal('index'), folder: z.string().min(1), ids: int32 }),
  /** `index`: also adds the embeddings to that index. */
  z.object({
    kind: z.literal('map'),
    method: z.enum(['pca', 'umap']),
    seed: z.int().nonnegative(),
    index: z.object({ folder: z.string().min(1), ids: int32 }).optional(),
  }),
  nextTaskSchema,
])
export type CurateTask = z.infer<typeof curateTaskSchema>

export const curateJobSchema = z.object({
  kind: z.literal('curate'),
  model: z.string().min(1),
  device: deviceSchema,
  cache: z.string().min(1),
  images: z.array(z.object({ file: z.string().min(1), hash: z.string().min(1) })),
  task: curateTaskSchema,
})
export type CurateJob = z.infer<typeof curateJobSchema>

/** Rows are those of the readable images, in the given order. */
export const curatedSchema = z.object({
  /** Indices into the given images. */
  readable: int32,
  dimensions: z.int().positive(),
  /** The result of the task; absent if no image could be read. */
  found: z
    .discriminatedUnion('kind', [
      /** Images connected by near-copies have the same number. `dropped`: a near-copy precedes it. */
      z.object({ kind: z.literal('near'), component: int32, dropped: uint8, closeness: float32, pairs: z.int().nonnegative() }),
      z.object({
        kind: z.literal('doubts'),
        best: int32,
        selfConfidence: float32,
        margin: float32,
        issue: uint8,
        /** [classes, classes], given by estimated, summing to 1. */
        joint: float64,
      }),
      z.object({ kind: z.literal('index') }),
      /** `points` [n, 2]. */
      z.object({ kind: z.literal('map'), points: float32, laidOut: z.int().nonnegative(), variance: z.number().nullable() }),
      /** Rows in the order of labelling, with the model's best class for each, an index into the given classes, and its probability. */
      z.object({ kind: z.literal('next'), order: int32, scores: float64, best: int32, confidence: float32 }),
    ])
    .nullable(),
})
export type Curated = z.infer<typeof curatedSchema>

/** Checks every device that is there against the CPU, and measures how fast it is if asked. */
export const devicesJobSchema = z.object({ kind: z.literal('devices'), bench: z.boolean() })
export type DevicesJob = z.infer<typeof devicesJobSchema>

export const jobSchema = z.discriminatedUnion('kind', [
  trainJobSchema,
  rehearseJobSchema,
  evaluateJobSchema,
  mergeJobSchema,
  curateJobSchema,
  devicesJobSchema,
])
export type Job = z.infer<typeof jobSchema>

/** Progress of an engine job, whose total is always known. */
export const jobProgressSchema = progressSchema.extend({ total: z.number() })
export type JobProgress = z.infer<typeof jobProgressSchema>

const ended = {
  device: z.string(),
  seconds: z.number(),
  /** Images that were left out. */
  leftOut: z.array(leftOutSchema).default([]),
}
const notes = z.record(z.string(), z.union([z.number(), z.string()]))

/** The result of a job, by kind; its measurements, by task. */
export const jobResultSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('train'),
    ...ended,
    checkpoint: z.string(),
    steps: z.int().nonnegative(),
    loss: z.array(z.number()),
    notes,
    course: courseSchema.optional(),
    /** A second checkpoint of the same training. */
    also: z.object({ checkpoint: z.string(), kept: keptSchema, measured: measuredSchema }).optional(),
    measured: measuredSchema,
    /** Absent if it was not asked for, or of a model without towers of images and texts. */
    knowledge: knowledgeSchema.optional(),
  }),
  z.object({ kind: z.literal('rehearse'), ...ended, pace: paceSchema }),
  z.object({ kind: z.literal('evaluate'), ...ended, checkpoint: z.string(), measured: measuredSchema }),
  z.object({
    kind: z.literal('merge'),
    ...ended,
    checkpoint: z.string(),
    notes,
    /** For a soup that selects its ingredients: the selection. */
    ledger: ledgerSchema.nullable(),
    measured: measuredSchema,
    knowledge: knowledgeSchema.optional(),
  }),
  z.object({ kind: z.literal('curate'), ...ended, curated: curatedSchema }),
  z.object({ kind: z.literal('devices'), checked: devicesChecked }),
])
export type JobResult = z.infer<typeof jobResultSchema>
export type ResultOf<K extends Job['kind']> = Extract<JobResult, { kind: K }>

/** Narrows a result to the job's kind. @throws if it is of another kind, which is a bug */
export function resultOf<K extends Job['kind']>(kind: K, result: JobResult): ResultOf<K> {
  if (result.kind !== kind) throw new Error(`a job of kind ${kind} returned a result of kind ${result.kind}`)
  return result as ResultOf<K>
}
