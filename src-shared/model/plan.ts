/** What is known of a training before it starts. */
import { z } from 'zod'
import { outlineSchema, paceSchema } from './outline.ts'
import { wordsSchema } from './words.ts'

const count = z.int().nonnegative()

/** A blocker stops the training, a warning makes its result doubtful, a note says what it will not tell. */
export const concernLevel = z.enum(['blocker', 'warning', 'note'])
export type ConcernLevel = z.infer<typeof concernLevel>

/** `{name}` in the words stands for a value of `with`. */
export const concernSchema = z.object({
  id: z.string(),
  level: concernLevel,
  problem: wordsSchema,
  cure: wordsSchema,
  with: z.record(z.string(), z.union([z.string(), z.number()])),
  /** An address in the window, such as `#/data?tool=split`. */
  link: z.string().nullable(),
})
export type Concern = z.infer<typeof concernSchema>

/** What a project is suited for. */
export const suggestionSchema = z.object({
  /** Null where nothing can be trained on what is there. */
  recipe: z.string().nullable(),
  /** Fractions, where the images are in no splits yet. */
  splits: z.record(z.string(), z.number()).nullable(),
  why: wordsSchema,
  with: z.record(z.string(), z.union([z.string(), z.number()])),
})
export type Suggestion = z.infer<typeof suggestionSchema>

export const planSchema = z.object({
  recipe: z.string(),
  /** Images by split, as they are used. */
  images: z.record(z.string(), count),
  classes: z.array(z.object({ name: z.string(), counts: z.record(z.string(), count) })),
  /** Null if something stops the training before its graph is known. */
  outline: outlineSchema.nullable(),
  /** From a rehearsal of this model, recipe, batch and device; null if there was none. */
  pace: paceSchema.nullable(),
  /** Of the whole run; null without a rehearsal. */
  seconds: z.number().nonnegative().nullable(),
  device: z.object({
    /** Null as long as that is not decided. */
    used: z.string().nullable(),
    why: z.enum(['asked', 'only', 'rehearsed', 'undecided']),
    notes: z.array(z.string()),
  }),
  memory: z.object({ needed: z.number().nullable(), free: z.number(), total: z.number() }),
  disk: z.object({
    needed: z.number().nullable(),
    free: z.number().nullable(),
    /** Of the disk budget, in bytes. `left`: what a job may still write, caches being removed for it; null: there is no budget. */
    budget: z.object({ most: z.number(), left: z.number() }).nullable(),
  }),
  /** What the result will be measured on, in sentences. */
  measured: z.array(wordsSchema),
  concerns: z.array(concernSchema),
  suggestion: suggestionSchema,
})
export type TrainingPlan = z.infer<typeof planSchema>
