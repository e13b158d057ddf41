/** What a training would train, hold and do, before it is started. */
import { z } from 'zod'

const count = z.int().nonnegative()
const bytes = z.number().nonnegative()
const seconds = z.number().nonnegative()

/** The classes and images of a training, as far as its graph depends on them. */
export const extentSchema = z.object({
  /** None where captions are learned from. */
  classes: z.array(z.string()),
  /** Images by split. */
  images: z.record(z.string(), count),
  /** The most regions of a training image. */
  regions: count.default(0),
})
export type Extent = z.infer<typeof extentSchema>

/** The largest amounts of memory that are held at the same time, in bytes. */
export const memorySchema = z.object({
  /** Weights that stay as they are, and those that are trained. */
  weights: bytes,
  /** The optimiser's moments, moving averages and sums of gradients. */
  moments: bytes,
  gradients: bytes,
  /** Values between the layers, kept for the backward pass. */
  activations: bytes,
  /** Decoded images and batches. */
  pictures: bytes,
  /** The copy from which a state is saved. */
  saving: bytes,
  /** What is there before any model: the program and its libraries. */
  program: bytes,
  total: bytes,
})
export type Memory = z.infer<typeof memorySchema>

export const outlineSchema = z.object({
  parameters: z.object({ trained: count, model: count }),
  /** Images of a batch, batches of an update, updates; 0 where nothing is trained in steps. */
  batch: count,
  accumulate: count,
  perEpoch: count,
  steps: count,
  memory: memorySchema,
  /** A checkpoint, and the state while it trains. */
  disk: z.object({ checkpoint: bytes, state: bytes }),
})
export type Outline = z.infer<typeof outlineSchema>

/** What a rehearsal measured; null where the recipe does no such thing. */
export const paceSchema = z.object({
  /** The device it ran on, and why not on another. */
  device: z.string(),
  notes: z.array(z.string()),
  /** Opening the model, the classifier to start from, building the step. */
  start: seconds,
  /** A step whose images have to be read, and one whose images are in memory. */
  firstStep: seconds.nullable(),
  step: seconds.nullable(),
  /** The features of an image. */
  feature: seconds.nullable(),
  /** The linear probe, for each image. */
  probe: seconds.nullable(),
  /** Measuring the result on an image. */
  evaluation: seconds,
  /** Bytes of a decoded image. */
  decoded: bytes,
  /** The most memory held, over what was held before; null where the system does not tell. */
  peak: bytes.nullable(),
})
export type Pace = z.infer<typeof paceSchema>
