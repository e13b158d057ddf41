import { z } from 'zod'
import { mergeDtypeSchema, mergeMethodSchema } from './merge.ts'
import { wordsSchema } from './words.ts'
import { progressSchema } from './progress.ts'

/** What goes to and comes from an engine worker. A job holds everything it needs as plain data: the worker knows no project. */

/** A device's id; the engine has a record of each, and refuses others. */
export const deviceSchema = z.string().min(1)
export type Device = z.infer<typeof deviceSchema>

export const deviceEntrySchema = z.object({ id: deviceSchema, title: wordsSchema, about: wordsSchema })
export type DeviceEntry = z.infer<typeof deviceEntrySchema>

/** A labelled image. `hash` is its content hash where it is known already; `label` an index into the classes. */
export const itemSchema = z.object({
  file: z.string().min(1),
  label: z.int().nonnegative(),
  hash: z.string().nullish(),
  /** What a person calls it. */ name: z.string().optional(),
})
export type Item = z.infer<typeof itemSchema>

/** An image that a job does without, since it cannot be read. */
export const leftOutSchema = z.object({ file: z.string(), reason: z.string() })
export type LeftOut = z.infer<typeof leftOutSchema>

/** A class: its name, and how a sentence says it ("an apple"), put into templates for `{}` where given. */
export const classSchema = z.object({ name: z.string().min(1), phrase: z.string().min(1).nullish() })
export type ClassSpec = z.infer<typeof classSchema>

const splitsSchema = z.record(z.string(), z.array(itemSchema))

export const trainJobSchema = z.object({
  kind: z.literal('train'),
  /** Checkpoint folder that the training starts from. */
  model: z.string().min(1),
  /** Checkpoint folder to write. */
  out: z.string().min(1),
  /** By its id; which there are, and what each takes, engine/recipes knows and checks. */
  recipe: z.string().min(1),
  settings: z.record(z.string(), z.unknown()),
  seed: z.int().nonnegative(),
  device: deviceSchema,
  classes: z.array(classSchema).min(1),
  templates: z.array(z.string()).nullish(),
  /** `train` and `val` are used in training; every split is evaluated at the end. */
  splits: splitsSchema,
  dataHash: z.string().nullable(),
  /** Images of the dataset that are in no split because they cannot be read: the record names them. */
  leftOut: z.array(leftOutSchema).optional(),
  /** Folder of cached features. */
  cache: z.string(),
  /** How often the state for going on after a crash is written. */
  saveEverySeconds: z.number().nonnegative().default(60),
})
export type TrainJob = z.infer<typeof trainJobSchema>

export const evaluateJobSchema = z.object({
  kind: z.literal('evaluate'),
  checkpoint: z.string().min(1),
  device: deviceSchema,
  classes: z.array(classSchema).min(1),
  templates: z.array(z.string()).nullish(),
  splits: splitsSchema,
  leftOut: z.array(leftOutSchema).optional(),
  cache: z.string(),
})
export type EvaluateJob = z.infer<typeof evaluateJobSchema>

export const mergeJobSchema = z.object({
  kind: z.literal('merge'),
  method: mergeMethodSchema,
  checkpoints: z.array(z.string().min(1)).min(1),
  out: z.string().min(1),
  /** The type in which the soup is written. */
  dtype: mergeDtypeSchema.default('keep'),
  /** Blends although tokenizer, preprocessing or templates differ. */
  insist: z.boolean().default(false),
  device: deviceSchema,
  classes: z.array(classSchema),
  /** Evaluated at the end; greedy selects on `heldOut`. */
  splits: splitsSchema,
  leftOut: z.array(leftOutSchema).optional(),
  cache: z.string(),
})
export type MergeJob = z.infer<typeof mergeJobSchema>

const int32 = z.custom<Int32Array>((x) => x instanceof Int32Array, 'expected an Int32Array')
const float32 = z.custom<Float32Array>((x) => x instanceof Float32Array, 'expected a Float32Array')
const float64 = z.custom<Float64Array>((x) => x instanceof Float64Array, 'expected a Float64Array')
const uint8 = z.custom<Uint8Array>((x) => x instanceof Uint8Array, 'expected a Uint8Array')

/** What curation makes of image embeddings; near-copies, doubts and the map refer to images by their index in `images`. */
export const curateTaskSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('near'),
    /** The first so many images are kept before all others. */
    preferred: z.int().nonnegative(),
    similarity: z.number(),
    keep: z.enum(['farthest', 'closest']),
    seed: z.int().nonnegative(),
  }),
  z.object({
    kind: z.literal('doubts'),
    /** Class of each image; images of one group are judged together. */
    labels: int32,
    groups: int32,
    classes: z.int().min(2),
    folds: z.int().min(2),
    seed: z.int().nonnegative(),
  }),
  /** `ids`: by which the index in `folder` is to know the images, ascending. */
  z.object({ kind: z.literal('index'), folder: z.string().min(1), ids: int32 }),
  /** `index`: the embeddings go into that index, too. */
  z.object({
    kind: z.literal('map'),
    method: z.enum(['pca', 'umap']),
    seed: z.int().nonnegative(),
    index: z.object({ folder: z.string().min(1), ids: int32 }).optional(),
  }),
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

/** Rows are those of the readable images, in the order given. */
export const curatedSchema = z.object({
  /** Indices into the images given. */
  readable: int32,
  dimensions: z.int().positive(),
  /** Of the task that was asked for; none where no image could be read. */
  found: z
    .discriminatedUnion('kind', [
      /** Joined by near-copies, directly or through others: the same number. `dropped`: a near-copy comes before it. */
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
    ])
    .nullable(),
})
export type Curated = z.infer<typeof curatedSchema>

export const jobSchema = z.discriminatedUnion('kind', [trainJobSchema, evaluateJobSchema, mergeJobSchema, curateJobSchema])
export type Job = z.infer<typeof jobSchema>

/** Of a job in the engine, which always knows how much there is to do. */
export const jobProgressSchema = progressSchema.extend({ total: z.number() })
export type JobProgress = z.infer<typeof jobProgressSchema>

/** Of one split: how many are right, and the logits [n, classes], row-major, in the order of its items. */
export const predictionsSchema = z.object({
  n: z.int().nonnegative(),
  accuracy: z.number(),
  labels: z.instanceof(Int32Array),
  logits: z.instanceof(Float32Array),
})
export type SplitPredictions = z.infer<typeof predictionsSchema>

export const ledgerSchema = z.array(
  z.object({ dir: z.string(), heldOut: z.number(), score: z.number(), accepted: z.boolean(), margin: z.number() }),
)

/** What was measured of a checkpoint, by task. */
export const measuredSchema = z.discriminatedUnion('task', [
  z.object({ task: z.literal('classify'), splits: z.record(z.string(), predictionsSchema) }),
])
export type Measured = z.infer<typeof measuredSchema>

/** Of each split that has images. */
export const accuracies = ({ splits }: Measured): Record<string, number> =>
  Object.fromEntries(Object.entries(splits).flatMap(([name, s]) => (s.n ? [[name, s.accuracy]] : [])))

const ended = {
  device: z.string(),
  seconds: z.number(),
  /** Images that it was done without. */
  leftOut: z.array(leftOutSchema).default([]),
}
const notes = z.record(z.string(), z.union([z.number(), z.string()]))

/** What came of a job, by its kind; what was measured, by its task. */
export const jobResultSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('train'),
    ...ended,
    checkpoint: z.string(),
    steps: z.int().nonnegative(),
    loss: z.array(z.number()),
    notes,
    measured: measuredSchema,
  }),
  z.object({ kind: z.literal('evaluate'), ...ended, checkpoint: z.string(), measured: measuredSchema }),
  z.object({
    kind: z.literal('merge'),
    ...ended,
    checkpoint: z.string(),
    notes,
    /** How a soup that chooses its ingredients chose them. */
    ledger: ledgerSchema.nullable(),
    measured: measuredSchema,
  }),
  z.object({ kind: z.literal('curate'), ...ended, curated: curatedSchema }),
])
export type JobResult = z.infer<typeof jobResultSchema>
export type ResultOf<K extends Job['kind']> = Extract<JobResult, { kind: K }>

/** The result of a job of this kind. @throws where it is another's, which is a fault of the program */
export function resultOf<K extends Job['kind']>(kind: K, result: JobResult): ResultOf<K> {
  if (result.kind !== kind) throw new Error(`a job to ${kind} was answered with what came of one to ${result.kind}`)
  return result as ResultOf<K>
}
