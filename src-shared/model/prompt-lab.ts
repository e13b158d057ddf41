/** Sets of prompts for a label, compared on the images that people have labelled. */
import { z } from 'zod'
import { limits } from './limits.ts'
import { id } from './media.ts'
import { box } from './shape.ts'
import { text } from './text.ts'

/** What is measured, which is also what the model is asked for: boxes, masks, or one label of several. */
export const labTaskSchema = z.enum(['detect', 'segment', 'classify'])
export type LabTask = z.infer<typeof labTaskSchema>

/** Rows of a comparison at most. */
export const MOST_ROWS = 8

/** One set: words, and templates with `{}` (see prompts.ts). Empty: the label's name. */
export const promptRow = z.array(text().min(1).max(limits.name)).max(64)

export const labRequest = z.object({
  labelId: id,
  /** Folder. */
  model: z.string().min(1),
  task: labTaskSchema,
  rows: z.array(promptRow).min(1).max(MOST_ROWS),
  /** Also on images that have only other labels, as many as have this one: there, whatever is found is wrong. */
  others: z.boolean().default(true),
  /** Images at most; the same ones every time. */
  most: z.int().min(2).max(2000).default(200),
})
export type LabRequest = z.output<typeof labRequest>

/** The main one first. Boxes: COCO's AP, AP at an IoU of 0.5, recall; masks: IoU of all pixels; classes: of all images, of the label's. */
export const labMetrics = {
  detect: ['ap', 'ap50', 'ar'],
  segment: ['iou'],
  classify: ['accuracy', 'recall', 'precision'],
} as const satisfies Record<LabTask, readonly string[]>
export type LabMetric = (typeof labMetrics)[LabTask][number]

const share = z.number().min(0).max(1)
const found = z.object({
  /** How well this image is answered; on one without the label, whether little is found. */
  score: share,
  /** As many as the image has regions of the label, the best first; of masks, what encloses them. */
  boxes: z.array(box.extend({ score: share })),
  /** The label that a classifier says. */
  said: id.nullable(),
})

export const labResult = z.object({
  task: labTaskSchema,
  /** Images with the label, and images without. */
  images: z.object({ with: z.int().nonnegative(), without: z.int().nonnegative() }),
  leftOut: z.array(z.object({ path: z.string(), reason: z.string() })),
  /** In the order of the request. A metric is null where it is not defined. */
  rows: z.array(z.object({ prompts: promptRow, scores: z.record(z.string(), share.nullable()) })),
  /** For each pair of rows, the images on which they differ most; `rows` in the order of the request. */
  differing: z.array(
    z.object({
      mediaId: id,
      width: z.int().positive(),
      height: z.int().positive(),
      truth: z.array(box),
      rows: z.array(found),
    }),
  ),
})
export type LabResult = z.infer<typeof labResult>
export type LabFound = z.infer<typeof found>
