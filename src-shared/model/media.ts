import { z } from 'zod'
import { annotationState, author, editor } from './author.ts'
import { limits } from './limits.ts'
import { text } from './text.ts'

export const id = z.number().int().positive()

/** `path` uses forward slashes and is relative to the root's folder, without `.` or `..` steps. */
export const relativePath = text()
  .min(1)
  .max(4096)
  .refine((p) => !/^(?:[/\\]|[A-Za-z]:[/\\])|(?:^|[/\\])\.\.?(?:[/\\]|$)|\0/.test(p), 'expected a relative path without . or .. steps')

/** Every tool knows train, val and test; other names (held-out, ood) are allowed. */
export const split = text().min(1).max(64)
export const tag = text().min(1).max(200)
export const reviewState = z.enum(['unreviewed', 'in-review', 'approved', 'rejected'])

/** A folder that media paths are relative to. `path` is absolute, or relative to the project's folder. */
export const root = z.object({ id, path: text().min(1) })

export const media = z.object({
  id,
  rootId: id,
  path: relativePath,
  /** SHA-256 of the file, hexadecimal; null until computed. */
  contentHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  /** 64-bit perceptual hash, 16 hexadecimal digits; null until computed. */
  perceptualHash: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .nullable(),
  /** Size of the upright image in pixels; null until decoded. */
  width: z.number().int().positive().nullable(),
  height: z.number().int().positive().nullable(),
  /** EXIF orientation of the file as stored, 1 to 8. */
  orientation: z.number().int().min(1).max(8),
  split: split.nullable(),
  review: reviewState,
  /** Who last set the review state, and when (milliseconds since 1970). */
  reviewedBy: text().nullable().optional(),
  reviewedAt: z.number().int().nullable().optional(),
  /** Near-duplicates share a number, assigned by curation; null if none are known. */
  duplicateGroup: z.number().int().nullable(),
})

/** A label of the whole image. */
export const mediaLabel = z.object({ id, mediaId: id, labelId: id, author, state: annotationState, editedBy: editor })
export const mediaTag = z.object({ id, mediaId: id, tag })
export const comment = z.object({
  id,
  mediaId: id,
  regionId: id.nullable(),
  by: text().min(1),
  text: text().min(1).max(limits.text),
  /** Milliseconds since 1970. */
  created: z.number().int(),
  resolved: z.boolean(),
  /** Position on the image in pixels. */
  at: z.object({ x: z.number(), y: z.number() }).nullable().default(null),
  /** The comment it replies to; a reply has no position or state of its own. */
  replyTo: id.nullable().default(null),
})

export type ReviewState = z.infer<typeof reviewState>
export type Root = z.infer<typeof root>
export type Media = z.infer<typeof media>
export type MediaLabel = z.infer<typeof mediaLabel>
export type MediaTag = z.infer<typeof mediaTag>
export type Comment = z.infer<typeof comment>
