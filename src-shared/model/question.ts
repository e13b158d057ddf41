/**
 * Questions to a model that are answered immediately, independent of jobs: plain data, because the answering thread
 * knows no project.
 */
import { z } from 'zod'
import { capabilitySchema } from './capability.ts'
import { failureSchema } from './failure.ts'
import { modelReport } from './hub.ts'
import { classSchema, deviceSchema } from './job.ts'
import { extentSchema, outlineSchema } from './outline.ts'
import {
  boxTupleSchema,
  clickSchema,
  detectionSchema,
  detectionSettingsSchema,
  maskSchema,
  previewTaskSchema,
  promptSchema,
  regionsSchema,
  segmentSchema,
} from './preview.ts'

const model = z.string().min(1)
const float32 = z.custom<Float32Array>((x) => x instanceof Float32Array, 'expected a Float32Array')

/** A folder of what models computed of images, and how many bytes it may have. */
export const encodingsPlaceSchema = z.object({ folder: z.string().min(1), bytes: z.number().nonnegative() })
export type EncodingsPlace = z.infer<typeof encodingsPlaceSchema>

export const questionSchema = z.discriminatedUnion('kind', [
  /** Size of a checkpoint and what it can be merged with; null if the folder is not a checkpoint. */
  z.object({ kind: z.literal('facts'), model }),
  /** What kind of model a folder holds, and what is missing. */
  z.object({ kind: z.literal('report'), model }),
  /** How much of each text fits into the model's context. */
  z.object({ kind: z.literal('tokens'), model, texts: z.array(z.string()) }),
  /** Classes of an image: the model's own or, if it has none, the given ones. */
  z.object({ kind: z.literal('classify'), model, file: z.string().min(1), classes: z.array(classSchema) }),
  /** What is found in an image, by words or by an example. */
  z.object({
    kind: z.literal('detect'),
    model,
    file: z.string().min(1),
    prompt: promptSchema,
    settings: detectionSettingsSchema,
    regions: regionsSchema.optional(),
  }),
  /** What each label covers of an image, by words or by an example. */
  z.object({
    kind: z.literal('segment'),
    model,
    file: z.string().min(1),
    prompt: promptSchema,
    settings: detectionSettingsSchema,
    regions: regionsSchema.optional(),
  }),
  /** Masks for clicks on an image, a box, or both. */
  z.object({ kind: z.literal('mask'), model, file: z.string().min(1), clicks: z.array(clickSchema), box: boxTupleSchema.optional() }),
  /** A mask of what is in each box, in their order; null where there is none. */
  z.object({ kind: z.literal('masks'), model, file: z.string().min(1), boxes: z.array(boxTupleSchema).min(1) }),
  /** Prepares an image for questions of a task, so that they are answered at once. */
  z.object({
    kind: z.literal('encode'),
    model,
    file: z.string().min(1),
    task: previewTaskSchema,
    /** Where encoded images are kept; from then on also for other questions of the task. In memory only without it. */
    kept: encodingsPlaceSchema.optional(),
  }),
  /** The normalised embedding of a text. */
  z.object({ kind: z.literal('embed'), model, text: z.string() }),
  /** The normalised embedding of each class: the mean over its texts. */
  z.object({ kind: z.literal('embed-classes'), model, classes: z.array(classSchema).min(1) }),
  /** The normalised embedding of an image. */
  z.object({ kind: z.literal('embed-image'), model, file: z.string().min(1) }),
  /** The cosine of an image, or a region of it, with each text. */
  z.object({
    kind: z.literal('similarity'),
    model,
    file: z.string().min(1),
    region: boxTupleSchema.optional(),
    texts: z.array(z.string().min(1)).min(1),
  }),
  /** What a training would train and hold. */
  z.object({
    kind: z.literal('outline'),
    model,
    recipe: z.string(),
    settings: z.record(z.string(), z.unknown()),
    extent: extentSchema,
    onDevice: z.boolean(),
  }),
  /** The devices of this machine that can run jobs. */
  z.object({ kind: z.literal('devices') }),
])
export type Question = z.infer<typeof questionSchema>

export const modelFactsSchema = z.object({
  /** Number of elements in its tensors, including heads. */
  parameters: z.int().nonnegative(),
  /** Size of its tensor files. */
  bytes: z.int().nonnegative(),
  /** Models with equal keys (same architecture, parts and classes) can be merged. */
  mergeKey: z.string(),
  /** What the model can do, by its family and its classifier. */
  can: z.array(capabilitySchema),
})
export type ModelFacts = z.infer<typeof modelFactsSchema>

/**
 * `limit` and `tokens` include the start and end tokens. `fits`: length (UTF-16 units) of the longest prefix of whole
 * words that fits.
 */
export const tokenCountsSchema = z.object({ limit: z.int().positive(), counts: z.array(z.object({ tokens: z.int(), fits: z.int() })) })
export type TokenCounts = z.infer<typeof tokenCountsSchema>

export const answerSchemas = {
  facts: modelFactsSchema.nullable(),
  report: modelReport,
  tokens: tokenCountsSchema,
  /** The best first. */
  classify: z.array(z.object({ label: z.string(), score: z.number() })),
  /** The best first. */
  detect: z.array(detectionSchema),
  segment: z.array(segmentSchema),
  /** The best first; several if the prompt leaves open what is meant. */
  mask: z.array(maskSchema),
  masks: z.array(maskSchema.nullable()),
  /** What it took; null if the image had been encoded before. */
  encode: z.object({ milliseconds: z.number().nonnegative().nullable() }),
  embed: float32,
  /** [classes, dim], row-major. */
  'embed-classes': float32,
  'embed-image': float32,
  similarity: float32,
  outline: outlineSchema,
  devices: z.array(deviceSchema),
}
export type AnswerTo<Q extends Question> = z.infer<(typeof answerSchemas)[Q['kind']]>

/** From the thread: a question was begun, then its answer or the reason why there is none. */
export const laneMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('begun') }),
  z.object({ type: z.literal('answer'), answer: z.unknown() }),
  failureSchema.extend({ type: z.literal('failed') }),
])
export type LaneMessage = z.infer<typeof laneMessageSchema>
