/** Progress of a job, in the form shared by workers, jobs and windows. */
import { z } from 'zod'
import { judgedBySchema } from './course.ts'

/** The phases of jobs. Their names are in the locales under `phases`; the order of a job's phases is in its plan. */
export const phases = [
  'checking',
  'features',
  'logistic-regression',
  'cache-search',
  'prompt-tuning',
  'training',
  'evaluating',
  'comparing',
  'scoring',
  'greedy-soup',
  'merging',
  'hashing',
  'near-copies',
  'marking',
  'folds',
  'index',
  'distances',
  'layout',
  'placing',
  'captions',
  'dividing',
  'drawing',
  'scanning',
  'measuring',
  'labelling',
  'reading',
  'storing',
  'counting',
  'writing',
  'packing',
  'proposing',
  'downloading',
  'self-check',
  'benchmark',
  'at-the-cluster',
] as const
export const phaseSchema = z.enum(phases)
export type Phase = z.infer<typeof phaseSchema>

/** Whether a phase tries values of a setting instead of making steps. */
export const triesValues = (phase: string | undefined): boolean => phase === 'logistic-regression' || phase === 'cache-search'

/** What a paused job waits for: room on the disk of a folder, a folder that is gone, or room in the disk budget of the settings. */
export const awaitedSchema = z.object({ for: z.enum(['room', 'folder', 'budget']), path: z.string() })
export type Awaited = z.infer<typeof awaitedSchema>

/** What an epoch was worth, and what was said of a few images of `val`, always the same, where classes are asked for. */
export const judgedSchema = z.object({
  /** Counted from 1. */
  epoch: z.int(),
  metric: judgedBySchema,
  value: z.number(),
  /** `at`: the image's place in the split; `p`: the probability of the answered class. */
  answers: z
    .array(z.object({ at: z.int().nonnegative(), truth: z.int().nonnegative(), class: z.int().nonnegative(), p: z.number() }))
    .optional(),
})
export type Judgement = z.infer<typeof judgedSchema>

/** `done` and `total` count within the phase; `total` is null if unknown. Only training steps report a loss. */
export const progressSchema = z.object({
  phase: phaseSchema,
  /** Subdivision of the phase: a split, a format. */
  part: z.string().optional(),
  done: z.number(),
  total: z.number().nullable(),
  /** Within the current phase. */
  imagesPerSecond: z.number().optional(),
  /** Of a download. */
  bytesPerSecond: z.number().optional(),
  /** For the rest of the current phase. */
  secondsLeft: z.number().optional(),
  loss: z.number().optional(),
  lr: z.number().optional(),
  /** Global norm of the gradient, before clipping. */
  gradNorm: z.number().optional(),
  /** Of an epoch that has just ended, on images that are not trained on. */
  judged: judgedSchema.optional(),
  /** The job is paused. */
  waits: awaitedSchema.optional(),
})
export type StepProgress = z.infer<typeof progressSchema>

/** A phase with its part, as one key. */
export const phaseKey = ({ phase, part }: Pick<StepProgress, 'phase' | 'part'>): string => (part === undefined ? phase : `${phase} ${part}`)
