/** Train: recipes, devices, runs. A run reports by events. */
import { z } from 'zod'
import { capabilitySchema } from '../model/capability.ts'
import { judgedBySchema } from '../model/course.ts'
import { deviceEntrySchema, deviceSchema } from '../model/job.ts'
import { awaitedSchema, phaseSchema } from '../model/progress.ts'
import { planSchema } from '../model/plan.ts'
import { runRecord } from '../model/project.ts'
import { runNote } from '../model/run-note.ts'
import { runnerIdSchema } from '../model/slurm.ts'
import { trainingChoice } from '../model/training-choice.ts'
import { wordsSchema } from '../model/words.ts'
import { sentenceSchema } from '../sentences/table.ts'
import { method } from './method.ts'

const nothing = z.object({}).default({})
const done = z.null()
const share = z.number().min(0).max(1)
export const runStarted = z.object({ runId: z.string() })

/** A capability to choose from, with the form of its settings. */
export const described = z.object({
  name: z.string(),
  title: wordsSchema,
  about: wordsSchema,
  citation: z.string(),
  /**
   * JSON schema of the settings (draft 2020-12), from which the form is generated; `words` of a property hold its
   * texts in every language.
   */
  schema: z.record(z.string(), z.json()),
})

export const recipeEntry = described.extend({
  /** When to choose it. */
  when: wordsSchema,
  /** Capabilities that the base model must have. */
  needs: z.array(capabilitySchema),
  /** The task's id. */
  task: z.string(),
  /** Folder of the model in the box that it starts from where none is chosen. */
  startsFrom: z.string(),
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
  gradNorm: z.number().nullish(),
  /** Of an epoch that has ended, on the split `val`. */
  judged: z.object({ epoch: z.int(), metric: judgedBySchema, value: z.number() }).nullish(),
  /** The run is paused. */
  waits: awaitedSchema.nullish(),
  imagesPerSecond: z.number().nullish(),
  /** Fraction of the whole run over all phases, 0 … 1; never decreases. */
  share: share.nullish(),
  /** For the whole run; absent while no estimate is possible. */
  secondsLeft: z.number().nullish(),
})
export type RunProgress = z.infer<typeof runProgress>

export const runnerEntry = z.object({
  id: runnerIdSchema,
  missing: sentenceSchema.nullable(),
  /** JSON schema of its settings, for a form; they are kept with the settings of the application. */
  schema: z.record(z.string(), z.json()).nullable(),
})
export type RunnerEntry = z.infer<typeof runnerEntry>

/** A training to start or to plan. */
export const trainingAsked = z.object({
  recipe: z.string(),
  settings: z.record(z.string(), z.json()),
  /** Folder; the bundled model by default. */
  model: z.string().optional(),
  device: deviceSchema.optional(),
  seed: z.int().nonnegative().optional(),
  data: trainingChoice.optional(),
  /** Where it runs; on this machine by default. */
  runner: runnerIdSchema.optional(),
})
export type TrainingAsked = z.infer<typeof trainingAsked>

/** A run as shown in the table. */
export const runEntry = runRecord.extend({
  name: z.string(),
  ...runNote.omit({ name: true }).shape,
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

export const trainingMethods = {
  'training.recipes': method(nothing, z.array(recipeEntry)),
  /** The devices that can be tried on this machine. */
  'training.devices': method(nothing, z.array(deviceEntrySchema)),
  /** Where a training can run, and what is missing for it; of Slurm also the schema of its settings. */
  'training.runners': method(nothing, z.array(runnerEntry)),
  'training.start': method(
    trainingAsked.extend({
      name: z.string().max(200).optional(),
      /** Not before this time, in ms since 1970. */
      startAt: z.int().optional(),
    }),
    runStarted,
  ),
  /** What a training would do, need and measure. Nothing is started. */
  'training.plan': method(trainingAsked, planSchema),
  /** Queues some of its steps, so that its plan knows how long it takes; `plan.changed` follows. */
  'training.rehearse': method(trainingAsked, z.object({ jobId: z.string() })),
  /**
   * Repeats the run. A stopped run resumes if the dataset is unchanged; one that diverged also with a lower rate `lr`, from the
   * step before.
   */
  'training.again': method(z.object({ runId: z.string(), lr: z.number().positive().optional() }), runStarted),
  'training.cancel': method(z.object({ runId: z.string() }), done),
  'runs.list': method(nothing, z.array(runEntry)),
  /** The figures of every step, for the curves; thinned to at most a few thousand points. */
  'runs.curve': method(z.object({ runId: z.string() }), z.array(runProgress)),
}

export const trainingEvents = {
  /** A run was added. */
  'runs.changed': z.object({}),
  /** How long a training takes was measured. */
  'plan.changed': z.object({}),
  'run.progress': runProgress,
  'run.finished': z.object({ runId: z.string(), status: z.enum(['done', 'failed', 'cancelled']), error: z.string().nullable() }),
}
