import { z } from 'zod'

/**
 * What a model can do; `prompt`: make masks of points and boxes. Recipes, evaluation, merging and curation require
 * capabilities, never a family of models.
 */
export const capabilitySchema = z.enum(['embedImage', 'embedText', 'classify', 'detect', 'segment', 'prompt', 'caption'])
export type Capability = z.infer<typeof capabilitySchema>
