/** Which of a project's images a training uses, and as what. */
import { z } from 'zod'
import { split } from './media.ts'
import { mediaFilter } from './project.ts'

export const holdOut = z.enum(['none', 'duplicates', 'folder', 'tag'])

export const trainingChoice = z.strictObject({
  /** The dataset as it was when this snapshot was taken. */
  snapshot: z.string().min(1).optional(),
  /** Only images that pass. */
  filter: mediaFilter.optional(),
  /** Splits that are learned from, and on which settings and checkpoints are chosen: `train` and `val` by default. */
  train: z.array(split).min(1).optional(),
  val: z.array(split).optional(),
  /** Splits that are measured besides; all others by default. */
  test: z.array(split).optional(),
  /** A training image is left out if an image of its group, so defined, is in a split that is measured. */
  holdOut: holdOut.optional(),
  /** Only tags with this prefix make groups: `patient:` for `patient:17`. */
  tagPrefix: z.string().optional(),
  /** Whether it is measured what else the model knew, before and after; it is unless this is false. */
  forgetting: z.literal(false).optional(),
})
export type TrainingChoice = z.infer<typeof trainingChoice>
