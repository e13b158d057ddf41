/** What a model finds in one image when it is asked by words or by an example. */
import { z } from 'zod'
import { capabilitySchema } from './capability.ts'
import { classSchema } from './job.ts'
import { rle } from './shape.ts'

const finite = z.number()
/** [x, y, w, h] in pixels of the upright image. A model's box may reach beyond the edge. */
export const boxTupleSchema = z.tuple([finite, finite, finite.nonnegative(), finite.nonnegative()])
export type BoxTuple = z.infer<typeof boxTupleSchema>

/** A score, as what is asked for at least. */
export const thresholdSchema = z.number().min(0).max(1)

export const exampleSchema = z.object({
  file: z.string().min(1),
  /** Where in that image; the model chooses if it is left out. */
  region: boxTupleSchema.optional(),
})
export type Example = z.infer<typeof exampleSchema>

/** What to look for: one query for each class, or whatever is like the example. */
export const promptSchema = z.union([
  /** `templates`: instead of those of the checkpoint. */
  z.object({ classes: z.array(classSchema).min(1), templates: z.array(z.string().min(1)).min(1).optional() }),
  z.object({ example: exampleSchema }),
])
export type Prompt = z.infer<typeof promptSchema>

export const detectionSettingsSchema = z.object({
  /** Boxes need a score above it; by an example, at least this. Of masks, the pixels need a probability above it. */
  threshold: thresholdSchema.optional(),
  /** Of boxes of a label that overlap by more than this (IoU), the best is kept; 1 keeps all. */
  overlap: thresholdSchema.optional(),
  /** Number of boxes at most, the best first. */
  most: z.int().positive().optional(),
  /** For masks of which each pixel belongs to one label: what else it may be. */
  background: z.array(z.string().min(1)).optional(),
  /** Where everything in an image is looked for by clicks: so many along each side of a grid. */
  grid: z.int().min(1).max(64).optional(),
})
export type DetectionSettings = z.infer<typeof detectionSettingsSchema>

/**
 * The folder of a second model, which says where something is. With a detector: a model of points and boxes, which makes a
 * mask of each box that the detector finds. With a CLIP or SigLIP, which then says what it is: a model of points and boxes,
 * or for boxes a detector, whose regions are named.
 */
export const regionsSchema = z.string().min(1)

export const detectionSchema = z.object({ label: z.string(), score: z.number().min(0).max(1), box: boxTupleSchema })
export type Detection = z.infer<typeof detectionSchema>

/** One label's part of an image. */
export const segmentSchema = detectionSchema.extend({ mask: rle })
export type Segment = z.infer<typeof segmentSchema>

/** What a model is asked of an image, by the capability that it needs. */
export const previewTaskSchema = capabilitySchema.extract(['detect', 'segment', 'prompt'])
export type PreviewTask = z.infer<typeof previewTaskSchema>

/** A point in pixels of the upright image that is, or is not, part of what is wanted. */
export const clickSchema = z.object({ x: finite, y: finite, inside: z.boolean() })

/** A mask, with the model's own estimate of its IoU with what was meant. */
export const maskSchema = z.object({ score: finite, box: boxTupleSchema, mask: rle })
export type Mask = z.infer<typeof maskSchema>
