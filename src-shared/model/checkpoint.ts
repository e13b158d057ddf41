/** `dashi.json`: what a checkpoint is, where it came from, and what it was measured to do. It lies beside `config.json`. */
import { z } from 'zod'
import { mergeMethodSchema } from './merge.ts'
import { writtenFiles } from './owned.ts'
import { seeingSchema } from './seeing.ts'

/** sha256 in hexadecimal. */
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits')

/** Another checkpoint: where it was, and which weights it had, so that it is known again after it moved. */
export const checkpointRefSchema = z.object({ path: z.string(), fingerprint: sha256Schema.optional() })

export const soupDtypeSchema = z.enum(['F32', 'F16', 'BF16'])
export type SoupDtype = z.infer<typeof soupDtypeSchema>

export const soupSchema = z.object({
  /** A greedy soup is the uniform one of those ingredients that were accepted. */
  method: mergeMethodSchema,
  ingredients: z.array(checkpointRefSchema),
  /** Every candidate of a greedy soup in the order of trial: its own held-out score, and the soup's with it in. */
  ledger: z
    .array(z.object({ dir: z.string(), heldOut: z.number(), score: z.number(), accepted: z.boolean(), margin: z.number() }))
    .optional(),
  /** The type of its weights. */
  dtype: soupDtypeSchema.optional(),
  /** Those of its ingredients' weights, where they are of several. */
  mixed: z.array(z.string()).optional(),
  /** In what its ingredients differ although they were blended: tokenizer, preprocessing, templates; a line each. */
  insisted: z.array(z.string()).optional(),
})

export const checkpointRecordSchema = z.object({
  format: z.literal(1),
  /** The version of Dashi that wrote it. */
  dashi: z.string(),
  created: z.iso.datetime(),
  /** Of this checkpoint's own weights, heads included. */
  fingerprint: sha256Schema.optional(),
  /** What the training began with; null for a model trained from nothing. */
  base: checkpointRefSchema.nullable(),
  recipe: z.object({ name: z.string(), settings: z.record(z.string(), z.json()) }).nullable(),
  /** Present in a soup. Its ingredients are in the order in which they were blended. */
  merge: soupSchema.optional(),
  /** How pictures were looked at, where that is not the usual way. */
  seeing: seeingSchema.optional(),
  seed: z.int().nullable(),
  /** Of the annotations and images that it was trained on. */
  dataHash: z.string().nullable(),
  /** Images of that dataset which could not be read, and were left out. */
  leftOut: z.array(z.object({ file: z.string(), reason: z.string() })).optional(),
  /** The execution provider that trained it. */
  device: z.string().nullable(),
  metrics: z.record(z.string(), z.number()),
  /** Prompt templates with one `{}` for the class name; several are averaged. */
  templates: z.array(z.string()),
  /** In the order of the head's rows; empty for a model without a fixed set of classes. */
  classes: z.array(z.string()),
  /** What was written beside it, so that what others put into the folder, or changed there, is told from it. */
  files: writtenFiles.optional(),
})

export type CheckpointRef = z.infer<typeof checkpointRefSchema>
export type SoupRecord = z.infer<typeof soupSchema>
export type CheckpointRecord = z.infer<typeof checkpointRecordSchema>
