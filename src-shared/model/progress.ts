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
  'downloading',
] as const
export const phaseSchema = z.enum(phases)
export type Phase = z.infer<typeof phaseSchema>

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
})
export type StepProgress = z.infer<typeof progressSchema>

/** A phase with its part, as one key. */
export const phaseKey = ({ phase, part }: Pick<StepProgress, 'phase' | 'part'>): string => (part === undefined ? phase : `${phase} ${part}`)
