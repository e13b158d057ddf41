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

const share = z.number().min(0).max(1)

/** The accuracies of a soup, which comes first, and of its ingredients, by split. */
export const soupBeside = z.object({
  rows: z.array(
    z.object({
      name: z.string(),
      soup: z.boolean(),
      /** `interval`: Wilson's at 95%, for the images that the split has now. */
      splits: z.record(z.string(), z.object({ accuracy: z.number(), n: z.int().nonnegative(), interval: z.tuple([share, share]) })),
    }),
  ),
  /** Uniform soups of the models that a greedy one was chosen among, and the splits on which they do better. */
  better: z.array(z.object({ name: z.string(), splits: z.array(z.string()) })),
})
export type SoupBeside = z.infer<typeof soupBeside>

/** A model on the line from one (alpha 0) to another (1). */
export const linePoint = z.object({
  alpha: z.number(),
  name: z.string(),
  /** Null for the two models themselves, and where no soup was kept. */
  runId: z.string().nullable(),
  splits: z.record(z.string(), z.number()),
})
export type LinePoint = z.infer<typeof linePoint>

const line = z.object({ base: z.string(), tuned: z.string(), method: z.string(), setting: z.string() })
export const lineAsked = line.extend({ alphas: z.array(z.number().min(0).max(1)).min(1).max(200) })

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
  /** null for runs without a soup. */
  'merging.beside': method(z.object({ runId: z.string() }), soupBeside.nullable()),
  /** `setting`: the one that interpolates. Makes nothing. */
  'merging.line': method(line, z.array(linePoint)),
  /** Queues a job that measures the line at these α and keeps no soup; `merging.line` has its points as they come. */
  'merging.sweep': method(lineAsked, z.object({ jobId: z.string() })),
}
