/** The author and state of annotations, for formats that can carry our own fields. */
import { z } from 'zod'
import { annotationState, author, type AnnotationState, type Author } from '#shared/model/author.ts'

export const provenance = z.object({ author: author.optional(), state: annotationState.optional() })
export type Provenance = z.output<typeof provenance>

/** The default state: a person's work is accepted, a model's is proposed. */
const usualState = (by: Author | undefined): AnnotationState => (by?.kind === 'checkpoint' ? 'proposed' : 'accepted')

/** Omits the defaults. */
export const provenanceOf = ({ author: by, state }: Provenance): Provenance => ({
  ...(by ? { author: by } : {}),
  ...(state && state !== usualState(by) ? { state } : {}),
})

/** Reads provenance from anything; empty if it is not ours. */
export const readProvenance = (given: unknown): Provenance => provenance.safeParse(given).data ?? {}
