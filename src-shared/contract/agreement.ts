/** Several authors: who annotated what, how far two of them agree, and where they do not. */
import { z } from 'zod'
import { agreementQuery, agreementReport, authorCount, decision, disagreement, disagreementKind } from '../model/agreement.ts'
import { method } from './method.ts'

export const agreementMethods = {
  /** Most images first. */
  'agreement.authors': method(z.object({}).default({}), z.array(authorCount)),
  'agreement.compare': method(agreementQuery, agreementReport),
  /** The most serious first; of `kinds` only. `decided`: include those that are settled. */
  'agreement.disagreements': method(
    agreementQuery.extend({
      kinds: z.array(disagreementKind).optional(),
      decided: z.boolean().default(false),
      offset: z.number().int().nonnegative().default(0),
      limit: z.number().int().min(1).max(10_000).default(200),
    }),
    z.object({ total: z.number().int(), disagreements: z.array(disagreement) }),
  ),
  /** Accepts the chosen side and rejects the other; one step of undo. */
  'agreement.decide': method(decision, z.null()),
}
