import { z } from 'zod'
import { deepSamplesSchema } from './deep.ts'

/**
 * How images are prepared, beyond a checkpoint's own preprocessing. Part of every recipe's settings and of its
 * checkpoint's record.
 */
export const seeingShape = {
  deep: deepSamplesSchema
    .default('clip')
    .describe('Samples of more than 8 bits: clipped as in Pillow, scaled by their range, or between percentiles'),
  interpolate: z.boolean().default(false).describe('Take a crop of another size than the model’s, by interpolating its positions'),
}
export const seeingSchema = z.object({ deep: deepSamplesSchema.optional(), interpolate: z.boolean().optional() })
export type Seeing = z.infer<typeof seeingSchema>
