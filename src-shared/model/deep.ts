import { z } from 'zod'

/**
 * How samples of more than 8 bits become the bytes that a model sees. `clip`: as Pillow, and so `transformers`, has it: a grey value
 * above 255 is white, a colour keeps its high byte. `range`: the whole of 16 bits, or from the least number in a picture to its
 * largest. `percentiles`: from a picture's 1st to its 99th.
 */
export const deepSamplesSchema = z.enum(['clip', 'range', 'percentiles'])
export type DeepSamples = z.infer<typeof deepSamplesSchema>
