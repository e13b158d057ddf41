/** Models that a project can train from, compare, merge and ask. */
import { z } from 'zod'
import {
  conversionPlan,
  convertedName,
  hubName,
  hubPlan,
  hubRequest,
  hubRevision,
  hubStanding,
  hubToken,
  modelReport,
  shelf,
} from '../model/hub.ts'
import { checkpointRecord } from '../model/project.ts'
import { modelFactsSchema } from '../model/question.ts'
import { text } from '../model/text.ts'
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

const folder = text().min(1).max(4096)

export const modelMethods = {
  /** Bundled models and the project's checkpoints, newest first. */
  'models.list': method(z.object({}).default({}), z.array(modelSchema)),
  /** All models on this machine, whatever the project, except the projects' own checkpoints. */
  'models.shelf': method(z.object({}).default({}), shelf),
  /** What kind of model a folder on disk holds, before it is added to the settings; how many are in it and its subfolders. */
  'models.look': method(z.object({ folder }), modelReport.extend({ models: z.int().nonnegative() })),
  /** The text of a model's README.md, without its front matter. */
  'models.card': method(z.object({ folder }), z.object({ text: z.string() })),
  /** What downloading it would do. */
  'models.plan': method(z.object({ name: hubName, revision: hubRevision.default('main') }), hubPlan),
  /** As the plan said; its licence is agreed to by this. The job's result is `{ name, folder, bytes }`. */
  'models.download': method(hubRequest, z.object({ jobId: z.string() })),
  /** What converting weights of open_clip or of OpenAI would write. `source`: a folder, or a file with safetensors. */
  'models.conversion': method(z.object({ source: folder }), conversionPlan),
  /** As planned, to a folder with this name below that of the downloads. The job's result is `{ name, folder }`. */
  'models.convert': method(
    z.object({ source: folder, name: convertedName, quickGelu: z.boolean().optional() }),
    z.object({ jobId: z.string() }),
  ),
  /** Drops what an unfinished download left. */
  'models.forget': method(z.object({ name: hubName }), z.null()),
  /** Keeps a token for the hub, or with null forgets it. */
  'models.token': method(z.object({ token: hubToken.nullable() }), hubStanding),
  /** Runs that were made from a model: of this project by name, and of other recent projects by their number. */
  'models.used': method(
    z.object({ folder }),
    z.object({ runs: z.array(z.string()), elsewhere: z.array(z.object({ project: z.string(), runs: z.int() })) }),
  ),
  /** Deletes a model that Dashi downloaded. */
  'models.delete': method(z.object({ folder }), z.null()),
}
