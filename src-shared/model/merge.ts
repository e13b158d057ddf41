/** How checkpoints are blended into one. The formulas and their sources are in engine/merge/methods. */
import { z } from 'zod'

/** A method by its name, with its settings beside it. Which there are, and what each takes, engine/merge/methods knows and checks. */
export const mergeMethodSchema = z.object({ name: z.string().min(1) }).catchall(z.json())
export type MergeMethod = z.infer<typeof mergeMethodSchema>

/** In what type a soup's weights are written: that of its ingredients, or another. */
export const mergeDtypeSchema = z.enum(['keep', 'float32', 'float16', 'bfloat16'])
export type MergeDtype = z.infer<typeof mergeDtypeSchema>
