/** How checkpoints are merged. The formulas and their sources are in engine/merge/methods. */
import { z } from 'zod'

/** A method by name, with its settings. engine/merge/methods knows which exist and validates them. */
export const mergeMethodSchema = z.object({ name: z.string().min(1) }).catchall(z.json())
export type MergeMethod = z.infer<typeof mergeMethodSchema>

/** The dtype of a soup's weights: that of its ingredients, or another. */
export const mergeDtypeSchema = z.enum(['keep', 'float32', 'float16', 'bfloat16'])
export type MergeDtype = z.infer<typeof mergeDtypeSchema>
