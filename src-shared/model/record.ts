/** One image with all its annotations, labels by name: what importers yield and exporters consume. */
import { z } from 'zod'
import { annotationState, author } from './author.ts'
import { captionText, language, recordSpan } from './caption.ts'
import { limits } from './limits.ts'
import { media, relativePath, reviewState, split, tag } from './media.ts'
import { attributes } from './region.ts'
import { shape } from './shape.ts'
import { text } from './text.ts'

const labelName = text().min(1).max(500)

/**
 * The default author is the importing person; by default a person's annotations are accepted and a checkpoint's
 * proposed.
 */
const provenance = { author: author.optional(), state: annotationState.optional() }

export const recordLabel = z.object({ label: labelName, ...provenance })
export const recordRegion = z.object({
  label: labelName.nullable(),
  shape,
  attributes: attributes.optional(),
  z: z.number().int().optional(),
  ...provenance,
})
export const recordCaption = z.object({
  text: captionText,
  language: language.nullish(),
  /** Index into `regions` of the region described; absent for a caption of the image. */
  region: z.number().int().nonnegative().nullish(),
  spans: z.array(recordSpan).max(limits.spans).optional(),
  ...provenance,
})

export const imageRecord = z.object({
  /** Relative to the root under which the records are added. */
  fileName: relativePath,
  width: media.shape.width.optional(),
  height: media.shape.height.optional(),
  orientation: media.shape.orientation.optional(),
  contentHash: media.shape.contentHash.optional(),
  perceptualHash: media.shape.perceptualHash.optional(),
  labels: z.array(recordLabel).optional(),
  regions: z.array(recordRegion).optional(),
  captions: z.array(recordCaption).optional(),
  split: split.nullish(),
  tags: z.array(tag).optional(),
  review: reviewState.optional(),
})
export type RecordLabel = z.infer<typeof recordLabel>
export type RecordRegion = z.infer<typeof recordRegion>
export type RecordCaption = z.infer<typeof recordCaption>
export type ImageRecord = z.infer<typeof imageRecord>
