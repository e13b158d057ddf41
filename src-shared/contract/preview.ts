/**
 * What a model says of the open image. An image is encoded once: the next question about it costs a fraction of the first.
 * With a low threshold, a window can filter the answer itself.
 */
import { z } from 'zod'
import { id } from '../model/media.ts'
import { boxTupleSchema, detectionSchema, detectionSettingsSchema, maskSchema, previewTaskSchema, segmentSchema } from '../model/preview.ts'
import { boxMasksOptions, proposeOptions, soughtSchema } from '../model/propose.ts'
import { method } from './method.ts'

const share = z.number().min(0).max(1)
const model = z.string().min(1)
const asked = soughtSchema.extend({ mediaId: id, model, settings: detectionSettingsSchema.default({}) })
const labelId = id.nullable()
const pixels = z.number()

export const previewMethods = {
  /** Classes of an image according to a checkpoint, best first. */
  'preview.classify': method(
    z.object({ mediaId: id, model: z.string(), labels: z.array(z.string()).optional() }),
    z.array(z.object({ label: z.string(), labelId, score: share })),
  ),
  /** Boxes in an image, best first. `label` is the word as it was given, `example` for what is like an example. */
  'preview.detect': method(asked, z.array(detectionSchema.extend({ labelId }))),
  /** One mask for each word that is found, the surest first. */
  'preview.segment': method(asked, z.array(segmentSchema.extend({ labelId }))),
  /** Masks for clicks, a box or both, the best first: several if the prompt leaves open what is meant. */
  'preview.mask': method(
    z.object({
      mediaId: id,
      model,
      clicks: z
        .array(z.object({ x: pixels, y: pixels, /** Whether it is part of what is wanted. */ positive: z.boolean() }))
        .max(1000)
        .default([]),
      box: boxTupleSchema.optional(),
    }),
    z.array(maskSchema),
  ),
  /**
   * Encodes images while the model has nothing else to do, in this order, so that questions about them are answered at
   * once. Replaces what this window asked for of the task before; an empty list ends it.
   */
  'preview.ahead': method(z.object({ mediaIds: z.array(id).max(16), model, task: previewTaskSchema }), z.null()),
  /** The job (kind `propose`) ends with a `proposeReport`. Refused at once if the model cannot or nothing is looked for. */
  'preview.propose': method(proposeOptions, z.object({ jobId: z.string() })),
  /** The job (kind `box-masks`) ends with a `boxMasksReport`. Refused at once if the model takes no boxes. */
  'preview.boxMasks': method(boxMasksOptions, z.object({ jobId: z.string() })),
}
