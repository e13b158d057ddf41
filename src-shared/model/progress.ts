/** Progress of a job, in the form shared by workers, jobs and windows. */
import { z } from 'zod'

/** The phases of jobs. Their names are in the locales under `phases`; the order of a job's phases is in its plan. */
export const phases = [
  'checking',
  'features',
  'logistic-regression',
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
] as const
export const phaseSchema = z.enum(phases)
export type Phase = z.infer<typeof phaseSchema>

/** The classifier on held-out images at the end of an epoch. */
export const heldOutSchema = z.object({
  epoch: z.int().nonnegative(),
  /** The last step of the epoch, counted from 1. */
  step: z.int().nonnegative(),
  /** The split that was asked, and how many of its images. */
  split: z.string(),
  n: z.int().positive(),
  /** 0 … 1. */
  accuracy: z.number(),
  /** Mean cross-entropy. */
  loss: z.number(),
  /** Of a few images, always the same: their place in the split, the true class, the most probable one and its probability. */
  answers: z.array(
    z.object({ at: z.int().nonnegative(), truth: z.int().nonnegative(), class: z.int().nonnegative(), p: z.number() }),
  ),
})
export type HeldOut = z.infer<typeof heldOutSchema>

/** `done` and `total` count within the phase; `total` is null if unknown. Only training steps report a loss. */
export const progressSchema = z.object({
  phase: phaseSchema,
  /** Subdivision of the phase: a split, a format. */
  part: z.string().optional(),
  done: z.number(),
  total: z.number().nullable(),
  /** Within the current phase. */
  imagesPerSecond: z.number().optional(),
  /** For the rest of the current phase. */
  secondsLeft: z.number().optional(),
  loss: z.number().optional(),
  lr: z.number().optional(),
  /** Global norm of the gradient, before clipping. */
  gradNorm: z.number().optional(),
  /** At the end of an epoch. */
  heldOut: heldOutSchema.optional(),
})
export type StepProgress = z.infer<typeof progressSchema>

/** A phase with its part, as one key. */
export const phaseKey = ({ phase, part }: Pick<StepProgress, 'phase' | 'part'>): string => (part === undefined ? phase : `${phase} ${part}`)
