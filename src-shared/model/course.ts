/** How a training went, for its run and its checkpoint: what each epoch was worth, which weights were kept, what was changed on the way. */
import { z } from 'zod'

/** What epochs are judged by, on the split `val`. */
export const judgedBySchema = z.enum(['accuracy', 'loss', 'recall'])
export type JudgedBy = z.infer<typeof judgedBySchema>

export const keptSchema = z.enum(['best', 'last'])
export type Kept = z.infer<typeof keptSchema>

export const courseSchema = z.object({
  /** Which weights the checkpoint has, and of which epoch, counted from 1. */
  kept: keptSchema,
  epoch: z.int().positive(),
  /** Absent if no epoch was judged. `values`: one an epoch. */
  judged: z.object({ by: judgedBySchema, values: z.array(z.number()), best: z.int().positive() }).optional(),
  /** The training ended before its last epoch, since it got no better. */
  early: z.boolean().optional(),
  /** Memory ran out: images a batch, and batches an update, with which it went on. */
  batches: z.object({ size: z.int().positive(), accumulate: z.int().positive() }).optional(),
  /** The peak learning rates from which step on, if it was resumed with another. */
  rates: z.array(z.tuple([z.int().nonnegative(), z.number()])).optional(),
})
export type Course = z.infer<typeof courseSchema>
