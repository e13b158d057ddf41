/** What was measured of one classifier on one split, as plain JSON. Shares are in [0, 1]; intervals are 95%. */
import { z } from 'zod'

const share = z.number().min(0).max(1)
export const intervalSchema = z.tuple([share, share])

/** An accuracy with the number of examples behind it. */
export const scoreSchema = z.object({ accuracy: share, interval: intervalSchema, n: z.int().positive() })

export const evaluationSchema = scoreSchema.extend({
  /** Mean of the classes' accuracies. */
  meanPerClass: share,
  /** In the order of the classes; `n` may be 0. */
  perClass: z.array(z.object({ n: z.int().min(0), correct: z.int().min(0), interval: intervalSchema })),
  /** Index into `perClass`. */
  worstClass: z.int().min(0),
  /** Nats. */
  nll: z.number().min(0),
  /** Expected calibration error, 15 bins. */
  ece: share,
  bins: z.array(z.object({ low: share, high: share, n: z.int().min(0), confidence: share, accuracy: share })),
  /** The temperature that would have served this split best, and the NLL with it. */
  calibration: z.object({ temperature: z.number().positive(), nll: z.number().min(0), atBound: z.boolean() }),
})

export type Score = z.infer<typeof scoreSchema>
export type Evaluation = z.infer<typeof evaluationSchema>
