/** Letting a model look for labels in many images: what is asked for, and what came of it. */
import { z } from 'zod'
import { limits } from './limits.ts'
import { id } from './media.ts'
import { boxTupleSchema, detectionSettingsSchema, regionsSchema, thresholdSchema } from './preview.ts'
import { mediaFilter } from './project.ts'
import { text } from './text.ts'

const word = text().min(1).max(limits.name)

/** What to look for: words, or what is like a region of an image; without either, the project's labels. */
export const soughtSchema = z.object({
  /**
   * A label's name, which is looked for by its first prompt; a synonym or a prompt of a label, which is looked for as it
   * stands and belongs to that label; or any other words.
   */
  words: z.array(word).min(1).max(limits.list).optional(),
  /** Sentences around the words, with {} in their place, instead of those of the checkpoint. */
  templates: z.array(word).min(1).max(limits.list).optional(),
  example: z.object({ mediaId: id, region: boxTupleSchema.optional() }).optional(),
  /** The folder of a second model, which says where something is. */
  regions: regionsSchema.optional(),
})
export type Sought = z.infer<typeof soughtSchema>

/** Boxes or masks. */
export const proposeTask = z.enum(['detect', 'segment'])
export type ProposeTask = z.infer<typeof proposeTask>

export const proposeOptions = soughtSchema.extend({
  task: proposeTask.default('detect'),
  model: z.string().min(1),
  /** The label of what is like the example. */
  label: word.optional(),
  filter: mediaFilter.default({}),
  /** Only these of the images that pass the filter. */
  mediaIds: z.array(id).min(1).optional(),
  settings: detectionSettingsSchema.default({}),
  /** What overlaps a region of its label by more than this (IoU), whatever became of that region, is left out; 1 leaves out nothing. */
  known: thresholdSchema.default(0.7),
})
export type ProposeOptions = z.infer<typeof proposeOptions>

const count = z.int().nonnegative()
export const proposeReport = z.object({
  /** Images that were looked at. */
  images: count,
  proposals: count,
  /** Left out because there is such a region already. */
  known: count,
  /** Proposals of each label. */
  labels: z.record(z.string(), count),
  /** Images that could not be read, or are in the project no more. */
  leftOut: z.array(z.object({ path: z.string(), reason: z.string() })),
})
export type ProposeReport = z.infer<typeof proposeReport>

/** Masks of what the boxes of many images enclose. */
export const boxMasksOptions = z.object({
  /** The folder of a model that takes boxes. */
  model: z.string().min(1),
  filter: mediaFilter.default({}),
  /** Only these of the images that pass the filter. */
  mediaIds: z.array(id).min(1).optional(),
  /** Only the boxes of these labels. */
  labelIds: z.array(id).min(1).optional(),
  /** What overlaps an outline or mask of its label by more than this (IoU) is left out; 1 leaves out nothing. */
  known: thresholdSchema.default(0.7),
})
export type BoxMasksOptions = z.infer<typeof boxMasksOptions>

export const boxMasksReport = proposeReport.extend({
  /** Boxes that were looked at. */
  boxes: count,
  /** Boxes in which the model finds no mask. */
  empty: count,
})
export type BoxMasksReport = z.infer<typeof boxMasksReport>
