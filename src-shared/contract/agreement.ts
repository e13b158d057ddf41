/** Several authors: who annotated what, how far two agree, and what they do not agree on. */
import { z } from 'zod'
import { agreementQuery, agreementReport, authorCount, decision, disagreement, disagreementKind } from '../model/agreement.ts'
import { method } from './method.ts'

export const agreementMethods = {
  /** Those with the most images first. */
  'agreement.authors': method(z.object({}).default({}), z.array(authorCount)),
  'agreement.compare': method(agreementQuery, agreementReport),
  /** The gravest first; of `kinds` only. `decided`: those too about which somebody chose already. */
  'agreement.disagreements': method(
    agreementQuery.extend({
      kinds: z.array(disagreementKind).optional(),
      decided: z.boolean().default(false),
      offset: z.number().int().nonnegative().default(0),
      limit: z.number().int().min(1).max(10_000).default(200),
    }),
    z.object({ total: z.number().int(), disagreements: z.array(disagreement) }),
  ),
  /** What is taken is accepted, the other rejected; one step of undo. */
  'agreement.decide': method(decision, z.null()),
}
