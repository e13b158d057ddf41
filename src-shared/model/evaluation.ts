/** Measurements of one classifier on one split, as plain JSON. Fractions are in [0, 1]; intervals are 95%. */
import { z } from 'zod'

const share = z.number().min(0).max(1)
export const intervalSchema = z.tuple([share, share])

/** An accuracy with the number of examples behind it. */
export const scoreSchema = z.object({ accuracy: share, interval: intervalSchema, n: z.int().positive() })

const current = scoreSchema.extend({
  /** Each metric of the task by its id (model/metric.ts), as far as it existed when this was measured. */
  metrics: z.record(z.string(), z.number()),
  /** In the order of the classes; `n` may be 0. */
  perClass: z.array(z.object({ n: z.int().min(0), correct: z.int().min(0), interval: intervalSchema })),
  /** Index into `perClass`. */
  worstClass: z.int().min(0),
  /** Reliability diagram: examples binned by the probability of the predicted class. */
  bins: z.array(z.object({ low: share, high: share, n: z.int().min(0), confidence: share, accuracy: share })),
  /** The temperature that minimises this split's NLL, and that NLL. */
  calibration: z.object({ temperature: z.number().positive(), nll: z.number().min(0), atBound: z.boolean() }),
})

/** Before metrics became records, some of them were fields of their own. */
const former = z.looseObject({ accuracy: share, meanPerClass: share, nll: z.number(), ece: share })

export const evaluationSchema = z.preprocess((found) => {
  const { success, data } = former.safeParse(found)
  if (!success || 'metrics' in data) return found
  const { meanPerClass, nll, ece, ...rest } = data
  return { ...rest, metrics: { accuracy: rest.accuracy, meanPerClass, nll, ece } }
}, current)

export type Score = z.infer<typeof scoreSchema>
export type Evaluation = z.infer<typeof current>
