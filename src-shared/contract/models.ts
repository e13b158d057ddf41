/** Models, and what one of them says of the open image. */
import { z } from 'zod'
import { limits } from '../model/limits.ts'
import { id } from '../model/media.ts'
import { boxTupleSchema, detectionSchema, detectionSettingsSchema, regionsSchema } from '../model/preview.ts'
import { checkpointRecord } from '../model/project.ts'
import { modelFactsSchema } from '../model/question.ts'
import { text } from '../model/text.ts'
import { method } from './method.ts'

const share = z.number().min(0).max(1)

/** A model that can be trained from, compared and merged. `folder` identifies it in all methods. */
export const modelSchema = modelFactsSchema.extend({
  name: z.string(),
  folder: z.string(),
  /** null: not a project's checkpoint. */
  checkpoint: checkpointRecord.nullable(),
  /** Located in one of the folders of the settings; otherwise, without a checkpoint, it is the bundled model. */
  outside: z.boolean(),
})
export type ModelEntry = z.infer<typeof modelSchema>

export const modelMethods = {
  /** Bundled models and the project's checkpoints, newest first. */
  'models.list': method(z.object({}).default({}), z.array(modelSchema)),
  /** Classes of an image according to a checkpoint, best first. */
  'preview.classify': method(
    z.object({ mediaId: id, model: z.string(), labels: z.array(z.string()).optional() }),
    z.array(z.object({ label: z.string(), labelId: id.nullable(), score: share })),
  ),
  /** Boxes in an image, best first: by words (the project's labels if none are given), or like a region of an image. */
  'preview.detect': method(
    z.object({
      mediaId: id,
      model: z.string(),
      words: z.array(text().min(1).max(limits.name)).min(1).max(limits.list).optional(),
      example: z.object({ mediaId: id, region: boxTupleSchema.optional() }).optional(),
      settings: detectionSettingsSchema.default({}),
      /** The folder of a second model, which says where something is. */
      regions: regionsSchema.optional(),
    }),
    z.array(detectionSchema.extend({ labelId: id.nullable() })),
  ),
}
