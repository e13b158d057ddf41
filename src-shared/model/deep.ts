import { z } from 'zod'

/**
 * How samples of more than 8 bits are reduced to the bytes that a model sees. `clip`: as in Pillow and hence
 * `transformers`: a grey value above 255 is white, a colour keeps its high byte. `range`: scales the full 16-bit
 * range, or an image's minimum to maximum. `percentiles`: scales an image's 1st to 99th percentile.
 */
export const deepSamplesSchema = z.enum(['clip', 'range', 'percentiles'])
export type DeepSamples = z.infer<typeof deepSamplesSchema>
