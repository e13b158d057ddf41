/** Questions to a model that are answered at once, beside the jobs: plain data, because the answering thread knows no project. */
import { z } from 'zod'
import { capabilitySchema } from './capability.ts'
import { failureSchema } from './failure.ts'
import { classSchema, deviceSchema } from './job.ts'

const model = z.string().min(1)
const float32 = z.custom<Float32Array>((x) => x instanceof Float32Array, 'expected a Float32Array')

export const questionSchema = z.discriminatedUnion('kind', [
  /** How large a checkpoint is and what it can be blended with; null where the folder is not one. */
  z.object({ kind: z.literal('facts'), model }),
  /** How much of each text the model reads. */
  z.object({ kind: z.literal('tokens'), model, texts: z.array(z.string()) }),
  /** What the model sees on an image: by its own classes, or if it has none, by those given. */
  z.object({ kind: z.literal('classify'), model, file: z.string().min(1), classes: z.array(classSchema) }),
  /** The normalised embedding of a text. */
  z.object({ kind: z.literal('embed'), model, text: z.string() }),
  /** The devices of this machine that can run jobs. */
  z.object({ kind: z.literal('devices') }),
])
export type Question = z.infer<typeof questionSchema>

export const modelFactsSchema = z.object({
  /** How many numbers its tensors hold, heads included. */
  parameters: z.int().nonnegative(),
  /** Size of its tensor files. */
  bytes: z.int().nonnegative(),
  /** Models with equal keys (one architecture, the same parts, the same classes) can be blended. */
  mergeKey: z.string(),
  /** What the model can do, by its family and its classifier. */
  can: z.array(capabilitySchema),
})
export type ModelFacts = z.infer<typeof modelFactsSchema>

/**
 * `limit` and `tokens` include the start and end tokens. `fits`: length (UTF-16 units) of the longest prefix of whole words that is
 * read in full.
 */
export const tokenCountsSchema = z.object({ limit: z.int().positive(), counts: z.array(z.object({ tokens: z.int(), fits: z.int() })) })
export type TokenCounts = z.infer<typeof tokenCountsSchema>

export const answerSchemas = {
  facts: modelFactsSchema.nullable(),
  tokens: tokenCountsSchema,
  /** The best first. */
  classify: z.array(z.object({ label: z.string(), score: z.number() })),
  embed: float32,
  devices: z.array(deviceSchema),
}
export type AnswerTo<Q extends Question> = z.infer<(typeof answerSchemas)[Q['kind']]>

/** From the thread: a question was begun, then its answer or why there is none. */
export const laneMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('begun') }),
  z.object({ type: z.literal('answer'), answer: z.unknown() }),
  failureSchema.extend({ type: z.literal('failed') }),
])
export type LaneMessage = z.infer<typeof laneMessageSchema>
