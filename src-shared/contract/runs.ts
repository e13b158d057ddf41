/** Runs: what they learn from, their curves, what people say about them, and what goes with them when they are deleted. */
import { z } from 'zod'
import { id } from '../model/media.ts'
import { judgedSchema, phaseSchema } from '../model/progress.ts'
import { runLines, systemUse } from '../model/run-follow.ts'
import { runNote } from '../model/run-note.ts'
import { trainingChoice } from '../model/training-choice.ts'
import { method } from './method.ts'

const done = z.null()
const count = z.int().nonnegative()
const runIds = z.array(z.string()).min(1).max(1000)

/** What a recipe would learn from and be measured on: counts and a few pictures of each class and split. */
export const dataPreview = z.object({
  splits: z.array(z.object({ name: z.string(), images: count })),
  /** Of a task of regions, `images` counts regions. `samples`: ids of images, spread over the class. */
  classes: z.array(z.object({ name: z.string(), splits: z.record(z.string(), z.object({ images: count, samples: z.array(id) })) })),
  /** Images that cannot be read; and images without an accepted label or a split. */
  leftOut: count,
  unused: count,
  regions: z.boolean(),
})
export type DataPreview = z.infer<typeof dataPreview>

const column = z.array(z.number().nullable())

/** Every step of a run's latest phase, as columns of equal length; null where a figure was not recorded. */
export const runSeries = z.object({
  phase: phaseSchema.nullable(),
  step: z.array(z.number()),
  loss: column,
  lr: column,
  gradNorm: column,
  imagesPerSecond: column,
  /** What each epoch was worth on the split `val`, with its last step. */
  epochs: z.array(judgedSchema.omit({ answers: true }).extend({ step: z.number() })),
})
export type RunSeries = z.infer<typeof runSeries>

/** What a model said of some held-out images after an epoch. */
export const epochAnswers = z.array(
  z.object({
    epoch: count,
    /** `p` of the answered class; classes by name. */
    answers: z.array(z.object({ mediaId: id.nullable(), file: z.string(), truth: z.string(), class: z.string(), p: z.number() })),
  }),
)
export type EpochAnswers = z.infer<typeof epochAnswers>

/** What is lost when runs are deleted. */
export const runsRemoval = z.object({
  /** Checkpoints whose folders are deleted. */
  checkpoints: z.array(z.string()),
  /** Of these folders and of the runs' own files. */
  bytes: z.number().nonnegative(),
  /** Other runs that started from or were blended from these checkpoints; they stay, but cannot be repeated. */
  usedBy: z.array(z.object({ name: z.string(), kind: z.string() })),
  /** Proposals and annotations that the checkpoints made; they stay. */
  annotations: count,
  /** Runs still waiting or running, which are not deleted. */
  active: z.array(z.string()),
})
export type RunsRemoval = z.infer<typeof runsRemoval>

export const runsMethods = {
  'training.data': method(z.object({ recipe: z.string(), data: trainingChoice.optional() }), dataPreview),
  'runs.series': method(z.object({ runId: z.string() }), runSeries),
  /** The lines of the run's log after the first `after`. */
  'runs.log': method(z.object({ runId: z.string(), after: count.default(0) }), runLines),
  /** What the engine takes of the machine now. */
  'runs.use': method(z.object({}).default({}), systemUse),
  'runs.answers': method(z.object({ runId: z.string() }), epochAnswers),
  /** Changes the given fields of what people say about a run. A name also renames its checkpoint, but no folder. */
  'runs.note': method(z.object({ runId: z.string(), note: runNote.partial() }), done),
  /** What `runs.delete` would delete. */
  'runs.removal': method(z.object({ runIds }), runsRemoval),
  'runs.delete': method(z.object({ runIds }), runsRemoval),
  /** The table as CSV, one row per run. */
  'runs.csv': method(z.object({ runIds }), z.string()),
  /** Writes a folder of event files for TensorBoard, one subfolder per run. @returns the folder */
  'runs.tensorboard': method(z.object({ runIds, folder: z.string().min(1) }), z.object({ folder: z.string(), runs: count })),
}
