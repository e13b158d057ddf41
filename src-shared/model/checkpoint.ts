/** `dashi.json`: identity, origin and measurements of a checkpoint. Stored next to `config.json`. */
import { z } from 'zod'
import { courseSchema } from './course.ts'
import { mergeMethodSchema } from './merge.ts'
import { writtenFiles } from './owned.ts'
import { seeingSchema } from './seeing.ts'

/** sha256 in hexadecimal. */
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits')

/** Another checkpoint: its path, and the fingerprint of its weights, by which it is recognised after being moved. */
export const checkpointRefSchema = z.object({ path: z.string(), fingerprint: sha256Schema.optional() })

/** The sweep that a run belongs to. */
export const sweepRefSchema = z.object({ id: z.string(), name: z.string() })

export const soupDtypeSchema = z.enum(['F32', 'F16', 'BF16'])
export type SoupDtype = z.infer<typeof soupDtypeSchema>

export const soupSchema = z.object({
  /** For a greedy soup, the uniform method over the accepted ingredients. */
  method: mergeMethodSchema,
  ingredients: z.array(checkpointRefSchema),
  /**
   * Every candidate of a greedy soup in the order of trial: its own held-out score, and the score of the soup
   * including it.
   */
  ledger: z
    .array(z.object({ dir: z.string(), heldOut: z.number(), score: z.number(), accepted: z.boolean(), margin: z.number() }))
    .optional(),
  /** The dtype of its weights. */
  dtype: soupDtypeSchema.optional(),
  /** The dtypes of its ingredients' weights, if they differ. */
  mixed: z.array(z.string()).optional(),
  /**
   * Differences of the ingredients that were overridden by `insist` (tokenizer, preprocessing, templates), one line
   * each.
   */
  insisted: z.array(z.string()).optional(),
})

/**
 * The models that one works with; paths are relative to its folder. A detector that finds things without knowing what they are,
 * and a segmenter that only tells things from the background, need another that compares images with texts.
 */
export const partnersSchema = z.object({
  /** Names the regions. */
  names: checkpointRefSchema,
  /** Says where the things are; the model itself, if it is a detector. */
  boxes: checkpointRefSchema.optional(),
  /** Tells things from the background; the model itself, if it is a segmenter. */
  foreground: checkpointRefSchema.optional(),
  /** Looks at each box again. */
  refine: checkpointRefSchema.optional(),
  /** Outlines the thing in each box. */
  outline: checkpointRefSchema.optional(),
  /** Words that a region may be instead of those that are asked for: they lower its score. */
  others: z.array(z.string().min(1)).min(1),
})
export type Partners = z.infer<typeof partnersSchema>
export const partnerRoles = ['names', 'boxes', 'foreground', 'refine', 'outline'] as const satisfies readonly (keyof Partners)[]

export const checkpointRecordSchema = z.object({
  format: z.literal(1),
  /** The version of Dashi that wrote it. */
  dashi: z.string(),
  created: z.iso.datetime(),
  /** Of this checkpoint's own weights, including heads. */
  fingerprint: sha256Schema.optional(),
  /** The model that training started from; null for a model trained from scratch. */
  base: checkpointRefSchema.nullable(),
  recipe: z.object({ name: z.string(), settings: z.record(z.string(), z.json()) }).nullable(),
  /** Present for a soup. Ingredients are in the order of merging. */
  merge: soupSchema.optional(),
  /** How the training went; absent for what was not trained step by step, and before this was recorded. */
  course: courseSchema.optional(),
  /** Non-default image preparation. */
  seeing: seeingSchema.optional(),
  seed: z.int().nullable(),
  /** The sweep that it was trained in. */
  sweep: sweepRefSchema.optional(),
  /** How many training images of each class it was trained on, if only some were drawn. */
  shots: z.int().positive().optional(),
  /** Hash of the annotations and images that it was trained on. */
  dataHash: z.string().nullable(),
  /** Unreadable images of that dataset, which were left out. */
  leftOut: z.array(z.object({ file: z.string(), reason: z.string() })).optional(),
  /** The execution provider that trained it. */
  device: z.string().nullable(),
  metrics: z.record(z.string(), z.number()),
  /** Prompt templates with one `{}` for the class name; several are averaged. */
  templates: z.array(z.string()),
  /** How a caption is worded for the model, with one `{}`; as it stands by default. */
  captionTemplate: z.string().optional(),
  /** In the order of the head's rows; empty for a model without a fixed set of classes. */
  classes: z.array(z.string()),
  partners: partnersSchema.optional(),
  /** The run that made it, until it is entered in that run's project: what a run left without coming so far is removed. */
  run: z.string().optional(),
  /** The files written with it, to detect those that others added or changed. */
  files: writtenFiles.optional(),
})

export type CheckpointRef = z.infer<typeof checkpointRefSchema>
export type SoupRecord = z.infer<typeof soupSchema>
export type CheckpointRecord = z.infer<typeof checkpointRecordSchema>
