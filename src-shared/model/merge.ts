/** How checkpoints are blended into one. The formulas and their sources are in engine/merge/methods.ts. */
import { z } from 'zod'

const share = z.number().min(0).max(1)
const density = z.number().gt(0).max(1)

export const mergeMethodSchema = z.discriminatedUnion('name', [
  /** The mean of all ingredients. */
  z.object({ name: z.literal('uniform') }),
  /** Σ wᵢ·θᵢ, one weight an ingredient: a running mean, or a learned soup. */
  z.object({ name: z.literal('linear'), weights: z.array(z.number(), 'expected one number a checkpoint, such as weights=0.7,0.3').min(1) }),
  /** (1−α)·base + α·θ₁. */
  z.object({ name: z.literal('wise-ft'), alpha: z.number().default(0.5) }),
  /** From the base to the one ingredient along the arc, `t` of the way. */
  z.object({ name: z.literal('slerp'), t: share.default(0.5) }),
  /** base + λ·Σ(θᵢ−base). */
  z.object({ name: z.literal('task-arithmetic'), lambda: z.number().default(1) }),
  z.object({ name: z.literal('ties'), density: density.default(0.2), lambda: z.number().default(1) }),
  z.object({ name: z.literal('dare'), density: density.default(0.5), lambda: z.number().default(1), seed: z.int().min(0).default(0) }),
])

export type MergeMethod = z.infer<typeof mergeMethodSchema>
export type MergeMethodName = MergeMethod['name']

/** In what type a soup's weights are written: that of its ingredients, or another. */
export const mergeDtypeSchema = z.enum(['keep', 'float32', 'float16', 'bfloat16'])
export type MergeDtype = z.infer<typeof mergeDtypeSchema>
