import { z } from 'zod'

/** What a model can do. Recipes, evaluation, merging and curation ask for this, never for a family of models. */
export const capabilitySchema = z.enum(['embedImage', 'embedText', 'classify', 'detect', 'segment', 'caption'])
export type Capability = z.infer<typeof capabilitySchema>
