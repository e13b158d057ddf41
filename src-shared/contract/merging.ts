/** Merge: methods, soups and what went into them. */
import { z } from 'zod'
import { soupDtypeSchema } from '../model/checkpoint.ts'
import { ledgerSchema } from '../model/job.ts'
import { mergeDtypeSchema } from '../model/merge.ts'
import { method } from './method.ts'
import { described, runStarted } from './training.ts'

/** `min` and `max` count ingredients; for a `relative` method the first one is the base. */
export const mergeMethodEntry = described.extend({
  min: z.int(),
  max: z.int().nullable(),
  relative: z.boolean(),
  /** Ingredients are selected on the split `heldOut`. */
  chooses: z.boolean(),
  /** The setting that interpolates from the base to the other ingredient. */
  mix: z.string().nullable(),
})
export type MergeMethodEntry = z.infer<typeof mergeMethodEntry>

/** The origin of a soup. */
export const soupEntry = z.object({
  method: z.string(),
  /** `weight`: its weight in the mean, if the method is a weighted mean. */
  ingredients: z.array(
    z.object({
      name: z.string(),
      /** As named by `models.list`; null if not in the project. */ folder: z.string().nullable(),
      weight: z.number().nullable(),
    }),
  ),
  /** A greedy soup's candidates in the order of trial. */
  ledger: z.array(ledgerSchema.element.omit({ dir: true }).extend({ name: z.string() })).nullable(),
  dtype: soupDtypeSchema.nullable(),
  /** Differences between the ingredients that were overridden by `insist`. */
  insisted: z.array(z.string()),
})
export type SoupEntry = z.infer<typeof soupEntry>

export const mergingMethods = {
  'merging.methods': method(z.object({}).default({}), z.array(mergeMethodEntry)),
  /** The weight of each of `n` ingredients if the method is a weighted mean and the settings are valid; else null. */
  'merging.shares': method(
    z.object({ method: z.string(), settings: z.record(z.string(), z.json()), n: z.int().min(1).max(100) }),
    z.array(z.number()).nullable(),
  ),
  'merging.start': method(
    z.object({
      method: z.string(),
      settings: z.record(z.string(), z.json()),
      checkpoints: z.array(z.string()).min(2),
      name: z.string().max(200).optional(),
      dtype: mergeDtypeSchema.optional(),
      /** Merges even if tokenizer, preprocessing or templates differ. */
      insist: z.boolean().optional(),
    }),
    runStarted,
  ),
  /** null for runs without a soup. */
  'merging.soup': method(z.object({ runId: z.string() }), soupEntry.nullable()),
}
