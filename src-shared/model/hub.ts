/** Models of the Hugging Face hub, or of a mirror that speaks its API: what can be downloaded, and what is here. */
import { z } from 'zod'
import { sentenceSchema } from '../sentences/table.ts'
import { capabilitySchema } from './capability.ts'
import { text } from './text.ts'

/** `name` or `organisation/name`, by the hub's rules; also safe as a relative path. */
export const hubName = z
  .string()
  .regex(/^(?:[A-Za-z0-9_][\w.-]{0,95}\/)?[A-Za-z0-9_][\w.-]{0,95}$/, 'expected the name of a model on the hub: organisation/name')
  .refine((name) => !/--|\.\.|[.-](\/|$)|\.git$/.test(name), 'expected the name of a model on the hub: organisation/name')

/** A branch, a tag or a commit. */
export const hubRevision = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[\w][\w./@+-]*$/, 'expected a branch, a tag or a commit')
  .refine((revision) => !revision.includes('..'), 'expected a branch, a tag or a commit')

export const commitSchema = z.string().regex(/^[0-9a-f]{40}$/)

const bytes = z.number().int().nonnegative()

/** What a download would do, shown before it begins. */
export const hubPlan = z.object({
  name: z.string(),
  /** Where it comes from: the hub's address, or a mirror's. */
  endpoint: z.string(),
  revision: z.string(),
  commit: commitSchema,
  /** Where it will be; it exists if `there`. */
  folder: z.string(),
  there: z.boolean(),
  files: z.array(z.object({ path: z.string(), bytes })),
  bytes,
  /** How much of it an earlier, unfinished download left here. */
  held: bytes,
  /** Free space where it will be; null if unknown. */
  free: bytes.nullable(),
  /** As the model card says; null if it says nothing. */
  licence: z.string().nullable(),
  /** Its terms have to be accepted on the hub's site, with an account. */
  gated: z.boolean(),
  /** The family of models that it belongs to; null if Dashi does not know it. */
  family: z.string().nullable(),
  can: z.array(capabilitySchema),
  /** Why Dashi could not use it. */
  problem: sentenceSchema.nullable(),
})
export type HubPlan = z.infer<typeof hubPlan>

/** What was agreed to when a download was requested; it is refused if the hub says otherwise by then. */
export const hubRequest = z.object({ name: hubName, commit: commitSchema, licence: z.string().nullable() })
export type HubRequest = z.infer<typeof hubRequest>

/** Where a token is kept. environment: given by HF_TOKEN; file: readable by this user only, for want of a keychain. */
export const tokenPlaces = ['environment', 'keychain', 'file'] as const
export const tokenPlace = z.enum(tokenPlaces)
export type TokenPlace = z.infer<typeof tokenPlace>

/** Printable, without blanks or quotes: as tokens of the hub and its mirrors are. */
export const hubToken = text().regex(/^[A-Za-z0-9_.~+/=-]{8,400}$/, 'expected a token')

/** How the hub can be reached from here. */
export const hubStanding = z.object({
  endpoint: z.string(),
  /** HF_HUB_OFFLINE is set. */
  offline: z.boolean(),
  token: tokenPlace.nullable(),
  /** Where models are downloaded to. */
  folder: z.string(),
  free: bytes.nullable(),
})
export type HubStanding = z.infer<typeof hubStanding>

/** Written beside a downloaded model: where it came from. */
export const hubOrigin = z.object({
  name: z.string(),
  endpoint: z.string(),
  revision: z.string(),
  commit: commitSchema,
  licence: z.string().nullable(),
  /** Milliseconds since 1970. */
  downloaded: z.number().int(),
})
export type HubOrigin = z.infer<typeof hubOrigin>
export const HUB_ORIGIN_FILE = '.dashi-hub.json'

/** What kind of model a folder holds, and what is missing or wrong, without opening its tensors. */
export const modelReport = z.object({
  /** null: none that Dashi knows. */
  family: z.string().nullable(),
  can: z.array(capabilitySchema),
  problem: sentenceSchema.nullable(),
})
export type ModelReport = z.infer<typeof modelReport>

/** The name of a folder below that of the downloads, without what systems refuse in names. */
export const convertedName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^.\\/:*?"<>|\p{Cc}][^\\/:*?"<>|\p{Cc}]*$/u)

/** Weights of open_clip or of OpenAI, and the folder that converting them would write. */
export const conversionPlan = z.object({
  /** The file with the weights. */
  file: z.string(),
  name: convertedName,
  folder: z.string(),
  family: z.string(),
  tensors: z.int().positive(),
  bytes,
  /** Whether a tokenizer was found; without one, the model reads no texts. */
  tokenizer: z.boolean(),
  /** Whether somebody has to say which activation they were trained with. */
  activationUnknown: z.boolean(),
})
export type ConversionPlan = z.infer<typeof conversionPlan>

/** What a model is recommended for. embed: features for search, the map and training; prompt: masks by clicks. */
export const recommendedTasks = ['classify', 'embed', 'detect', 'segment', 'prompt'] as const
export const recommendedModel = z.object({
  name: z.string(),
  task: z.enum(recommendedTasks),
  licence: z.string(),
  /** About the size of its weights. */
  bytes,
})
export type Recommended = z.infer<typeof recommendedModel>

/** box: comes with Dashi; downloaded: by Dashi, which may delete it; outside: in a folder of the settings. */
export const shelfEntry = modelReport.extend({
  name: z.string(),
  folder: z.string(),
  source: z.enum(['box', 'downloaded', 'outside']),
  /** On disk, all its files. */
  bytes,
  parameters: z.int().nonnegative().nullable(),
  licence: z.string().nullable(),
  /** What encoding the last image took here; null: not asked since the program started. */
  milliseconds: z.number().nonnegative().nullable(),
  /** Whether it has a model card. */
  card: z.boolean(),
  origin: hubOrigin.nullable(),
})
export type ShelfEntry = z.infer<typeof shelfEntry>

/** A download that was begun and not finished. */
export const unfinished = z.object({ name: z.string(), bytes })

export const shelf = z.object({
  hub: hubStanding,
  models: z.array(shelfEntry),
  unfinished: z.array(unfinished),
  recommended: z.array(recommendedModel),
})
export type Shelf = z.infer<typeof shelf>
