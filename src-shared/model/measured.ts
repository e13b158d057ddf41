/** What a checkpoint was measured by, task by task. */
import { z } from 'zod'
import { box, rle } from './shape.ts'

const classIndex = z.int().nonnegative()

/** Per split: the number of correct answers, and the logits [n, classes], row-major, in item order. */
export const predictionsSchema = z.object({
  n: z.int().nonnegative(),
  accuracy: z.number(),
  labels: z.instanceof(Int32Array),
  logits: z.instanceof(Float32Array),
})
export type SplitPredictions = z.infer<typeof predictionsSchema>

export const ledgerSchema = z.array(
  z.object({ dir: z.string(), heldOut: z.number(), score: z.number(), accepted: z.boolean(), margin: z.number() }),
)

/** Scores of boxes or masks: each metric of the task by its id, as far as it is defined (model/metric.ts). */
const scores = z.record(z.string(), z.number())

/** A region that was found: a box, or for masks a mask. */
export const foundRegionSchema = z.object({ label: classIndex, score: z.number(), box: box.optional(), mask: rle.optional() })
export type FoundRegion = z.infer<typeof foundRegionSchema>

/** Per split: the number of images and of accepted regions, and the scores over all labels and of each that occurs. */
export const regionScoresSchema = z.object({
  n: z.int().nonnegative(),
  regions: z.int().nonnegative(),
  /** The one figure that stands for the others; null without regions. */
  score: z.number().nullable(),
  metrics: scores,
  labels: z.array(z.object({ label: z.string(), regions: z.int().positive(), metrics: scores })),
  /** What was found in each image, in the order of the items, if that was asked for. */
  found: z.array(z.array(foundRegionSchema)).optional(),
})
export type RegionScores = z.infer<typeof regionScoresSchema>

/** Per split: the number of images with captions and of different captions, and how well they find each other. */
const retrievalSchema = z.object({
  n: z.int().nonnegative(),
  captions: z.int().nonnegative(),
  /** The mean of recall@1 in both directions; null without captions. */
  score: z.number().nullable(),
  /** Metrics by id, of images that look for their captions and of captions that look for their images. */
  texts: scores,
  images: scores,
})
export type Retrieval = z.infer<typeof retrievalSchema>

/**
 * Per split: whether captions of the same words are told apart. `score`: the share of `swaps` in which an image's own caption is
 * nearer to it than the swapped one; by chance ½, and 0 for a model to which a text is a bag of words, since ties count against it.
 */
export const wordOrderSchema = z.object({
  /** Images with a caption that can be swapped, and how many captions that makes. */
  n: z.int().nonnegative(),
  swaps: z.int().nonnegative(),
  score: z.number().nullable(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
  /** Swaps in which both are equally near. */
  ties: z.int().nonnegative(),
  /** Pairs of images of which one has the other's caption swapped; each score by chance ¼, ¼ and ⅙. */
  pairs: z.object({ n: z.int().positive(), text: z.number(), image: z.number(), group: z.number() }).nullable(),
})
export type WordOrder = z.infer<typeof wordOrderSchema>

const ofRegions = { splits: z.record(z.string(), regionScoresSchema) }

/** Measurements of a checkpoint, by task. */
export const measuredSchema = z.discriminatedUnion('task', [
  z.object({ task: z.literal('classify'), splits: z.record(z.string(), predictionsSchema) }),
  z.object({ task: z.literal('contrast'), splits: z.record(z.string(), retrievalSchema) }),
  z.object({ task: z.literal('word-order'), splits: z.record(z.string(), wordOrderSchema) }),
  z.object({ task: z.literal('detect'), ...ofRegions }),
  z.object({ task: z.literal('segment'), ...ofRegions }),
])
export type Measured = z.infer<typeof measuredSchema>

/** Accuracy of each split that has images; for tasks of regions, their score. */
export function accuracies(measured: Measured): Record<string, number> {
  const found = Object.entries(measured.splits).map(([name, s]) => [name, s.n ? ('score' in s ? s.score : s.accuracy) : null] as const)
  return Object.fromEntries(found.filter((of): of is [string, number] => of[1] !== null))
}

/** The predictions of classification. @throws for another task, which is a bug */
export function predictionsOf(measured: Measured): Readonly<Record<string, SplitPredictions>> {
  if (measured.task !== 'classify') throw new Error(`a classification was expected, found the task ${measured.task}`)
  return measured.splits
}
