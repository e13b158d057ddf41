/**
 * The author of an annotation. A checkpoint's annotation carries its score and is a proposal until a person accepts
 * it.
 */
import { z } from 'zod'
import { limits } from './limits.ts'
import { text } from './text.ts'
export const person = z.object({ kind: z.literal('person'), name: text().min(1).max(limits.name) })
export const checkpointAuthor = z.object({
  kind: z.literal('checkpoint'),
  checkpoint: text().min(1).max(4096),
  score: z.number().min(0).max(1),
  /** The words, or whatever else, that it was asked by; absent if nothing was asked or before it was kept. */
  prompt: text().min(1).max(limits.value).optional(),
})
export const author = z.discriminatedUnion('kind', [person, checkpointAuthor])
export type Author = z.infer<typeof author>

/** Who last changed it, whoever created it; absent if nobody did. */
export const editor = text().min(1).optional()

export const annotationState = z.enum(['proposed', 'accepted', 'rejected'])
export type AnnotationState = z.infer<typeof annotationState>
