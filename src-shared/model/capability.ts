import { z } from 'zod'

/** What a model can do. Recipes, evaluation, merging and curation require capabilities, never a family of models. */
export const capabilitySchema = z.enum(['embedImage', 'embedText', 'classify', 'detect', 'segment', 'caption'])
export type Capability = z.infer<typeof capabilitySchema>
