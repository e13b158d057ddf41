/** Models that a project can train from, compare, merge and ask. */
import { z } from 'zod'
import { checkpointRecord } from '../model/project.ts'
import { modelFactsSchema } from '../model/question.ts'
import { method } from './method.ts'

/** A model that can be trained from, compared and merged. `folder` identifies it in all methods. */
export const modelSchema = modelFactsSchema.extend({
  name: z.string(),
  folder: z.string(),
  /** null: not a project's checkpoint. */
  checkpoint: checkpointRecord.nullable(),
  /** Located in one of the folders of the settings; otherwise, without a checkpoint, it is the bundled model. */
  outside: z.boolean(),
  /** As its README or `dashi.json` says, e.g. apache-2.0; null if they say nothing. */
  licence: z.string().nullable(),
  /** What encoding the last image took here; null if it has not been asked since the program started. */
  milliseconds: z.number().nonnegative().nullable(),
})
export type ModelEntry = z.infer<typeof modelSchema>

export const modelMethods = {
  /** Bundled models and the project's checkpoints, newest first. */
  'models.list': method(z.object({}).default({}), z.array(modelSchema)),
}
