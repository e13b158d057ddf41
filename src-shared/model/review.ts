import { z } from 'zod'

/** `doubt`: least certain first, according to a model or a person; `random`: by a seed. */
export const reviewOrder = z.enum(['path', 'doubt', 'random'])
export type ReviewOrder = z.infer<typeof reviewOrder>
