/** Who made an annotation and what became of it, for formats with room for a word of ours: readers take it, writers say it. */
import { z } from 'zod'
import { annotationState, author, type AnnotationState, type Author } from '#shared/model/author.ts'

export const provenance = z.object({ author: author.optional(), state: annotationState.optional() })
export type Provenance = z.output<typeof provenance>

/** A person's work is accepted and a model's proposed, unless it says otherwise. */
const usualState = (by: Author | undefined): AnnotationState => (by?.kind === 'checkpoint' ? 'proposed' : 'accepted')

/** Only what has to be said. */
export const provenanceOf = ({ author: by, state }: Provenance): Provenance => ({
  ...(by ? { author: by } : {}),
  ...(state && state !== usualState(by) ? { state } : {}),
})

/** Of anything; nothing where it is not ours. */
export const readProvenance = (given: unknown): Provenance => provenance.safeParse(given).data ?? {}
