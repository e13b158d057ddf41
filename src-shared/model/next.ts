/** What to label next: the queue that a strategy makes of what a checkpoint sees; and what labelling has brought so far. */
import { z } from 'zod'
import { resultInfo } from './curation.ts'
import { id } from './media.ts'
import { mediaFilter } from './project.ts'
import { wordsSchema } from './words.ts'

const count = z.number().int().nonnegative()
const share = z.number().min(0).max(1)

/** Images in a queue at most. */
export const MOST_NEXT = 5000

export const strategyEntry = z.object({
  name: z.string(),
  title: wordsSchema,
  about: wordsSchema,
  citation: z.string(),
  /** labels: it ranks labelled images only; other: it compares two checkpoints. */
  needs: z.enum(['labels', 'other']).nullable(),
  /** Whether it has a slider between uncertainty and diversity. */
  mixes: z.boolean(),
})
export type StrategyEntry = z.infer<typeof strategyEntry>

export const nextOptions = z.object({
  /** Checkpoint folder; the bundled model by default. */
  model: z.string().min(1).optional(),
  /** The checkpoint to compare it with. */
  other: z.string().min(1).optional(),
  strategy: z.string().min(1).default('mix'),
  /** 0: the most uncertain; 1: the most diverse. */
  diversity: share.default(0.5),
  filter: mediaFilter.default({}),
  count: z.number().int().min(1).max(MOST_NEXT).default(50),
  /** Stores the checkpoint's guesses as its proposals, where they differ from the accepted labels. */
  propose: z.boolean().default(true),
  seed: count.default(0),
})
export type NextOptions = z.input<typeof nextOptions>

export const nextSummary = z.object({
  strategy: z.string(),
  /** As stored: relative to the project's folder if inside it. */
  model: z.string(),
  /** Images that pass the filter and could be ranked, and those that could not be read. */
  images: count,
  unreadable: count,
  queued: count,
  proposals: count,
})
export type NextSummary = z.infer<typeof nextSummary>

/** An image of the queue, with the checkpoint's best label and its probability; scores compare within one queue. */
export const nextImage = z.object({ mediaId: id, score: z.number(), labelId: id, confidence: share })
export type NextImage = z.infer<typeof nextImage>

export const nextQueue = z.object({ info: resultInfo, summary: nextSummary, images: z.array(nextImage) }).nullable()

/** A training with the number of labels that it was given, and its accuracy on images in no training, with Wilson's 95 % interval. */
export const labelsPoint = z.object({
  runId: z.string(),
  name: z.string(),
  recipe: z.string(),
  created: z.number().int(),
  /** Labelled images of the split `train`. */
  labels: count,
  /** The split measured on, and its images. */
  split: z.string(),
  images: count,
  accuracy: share,
  low: share,
  high: share,
})
export type LabelsPoint = z.infer<typeof labelsPoint>

export const retrained = z.object({
  runId: z.string(),
  /** The name of the snapshot that was taken. */
  snapshot: z.string(),
  /** Newly labelled images that were in no split and are in `train` now. */
  joined: count,
})
export type Retrained = z.infer<typeof retrained>
