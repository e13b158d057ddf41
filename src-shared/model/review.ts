import { z } from 'zod'

/** `doubt`: what a model or a person is least sure of first; `random`: by a seed. */
export const reviewOrder = z.enum(['path', 'doubt', 'random'])
export type ReviewOrder = z.infer<typeof reviewOrder>
