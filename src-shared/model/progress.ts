/** How far a job is. Every worker, job and window speaks of it in these words. */
import { z } from 'zod'

/** What a job does at a time. The words for each are in the locales under `phases`, the order of a job's phases in its plan. */
export const phases = [
  'checking',
  'features',
  'logistic-regression',
  'prompt-tuning',
  'training',
  'evaluating',
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
] as const
export const phaseSchema = z.enum(phases)
export type Phase = z.infer<typeof phaseSchema>

/** `done` of `total` counts within the phase; a null `total` is not known. A loss comes with training steps only. */
export const progressSchema = z.object({
  phase: phaseSchema,
  /** Which of several stretches of the same phase this is: a split, a format. */
  part: z.string().optional(),
  done: z.number(),
  total: z.number().nullable(),
  /** Of this phase. */
  imagesPerSecond: z.number().optional(),
  /** For the rest of this phase. */
  secondsLeft: z.number().optional(),
  loss: z.number().optional(),
  lr: z.number().optional(),
})
export type StepProgress = z.infer<typeof progressSchema>

/** A phase with its part, as one key. */
export const phaseKey = ({ phase, part }: Pick<StepProgress, 'phase' | 'part'>): string => (part === undefined ? phase : `${phase} ${part}`)
