/** Annotations by several authors: who annotated what, how far two authors agree, and where they differ. */
import { z } from 'zod'
import { agreementQuery, agreementReport, authorCount, decision, disagreement, disagreementKind } from '../model/agreement.ts'
import { method } from './method.ts'

export const agreementMethods = {
  /** Sorted by number of images, descending. */
  'agreement.authors': method(z.object({}).default({}), z.array(authorCount)),
  'agreement.compare': method(agreementQuery, agreementReport),
  /** Most serious first; only of `kinds`. `decided`: include settled ones. */
  'agreement.disagreements': method(
    agreementQuery.extend({
      kinds: z.array(disagreementKind).optional(),
      decided: z.boolean().default(false),
      offset: z.number().int().nonnegative().default(0),
      limit: z.number().int().min(1).max(10_000).default(200),
    }),
    z.object({ total: z.number().int(), disagreements: z.array(disagreement) }),
  ),
  /** Accepts the chosen side and rejects the other, as one undo step. */
  'agreement.decide': method(decision, z.null()),
}
