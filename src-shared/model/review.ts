import { z } from 'zod'
import { id } from './media.ts'

/**
 * `doubt`: least certain first, according to a model or a person; `random`: by a seed; `uncertain`: by the least certain
 * proposal.
 */
export const reviewOrder = z.enum(['path', 'doubt', 'random', 'uncertain'])
export type ReviewOrder = z.infer<typeof reviewOrder>

/**
 * How sure a model is of a proposal. `threshold`: by the distance of its score from a threshold; `entropy`: of the labels
 * that it gives the same place; `margin`: by how much its score exceeds that of the next label at the same place.
 */
export const uncertaintyMeasure = z.enum(['threshold', 'entropy', 'margin'])
export type UncertaintyMeasure = z.infer<typeof uncertaintyMeasure>

export const uncertaintySchema = z.object({
  measure: uncertaintyMeasure.default('threshold'),
  threshold: z.number().min(0).max(1).default(0.5),
})
export type Uncertainty = z.infer<typeof uncertaintySchema>

/** A proposal in the order of the queue. */
export const queuedProposal = z.object({
  kind: z.enum(['region', 'label']),
  /** Of the region, or of the image's label. */
  id,
  mediaId: id,
  labelId: id.nullable(),
  score: z.number(),
  checkpoint: z.string(),
  prompt: z.string().nullable(),
  /** From 0, which is certain, to 1. */
  uncertainty: z.number().min(0).max(1),
})
export type QueuedProposal = z.infer<typeof queuedProposal>
