import { z } from 'zod'
import { annotationState, author, editor } from './author.ts'
import { limits } from './limits.ts'
import { id } from './media.ts'
import { text } from './text.ts'

/** text.slice(start, end) (UTF-16 units) refers to the regions. */
const spanOf = <T extends z.ZodType>(regionRef: T) =>
  z.object({ start: z.number().int().nonnegative(), end: z.number().int().positive(), regions: z.array(regionRef).max(limits.spans) })
export const span = spanOf(id)
/** Like `span`, with regions given by their index in the record. */
export const recordSpan = spanOf(z.number().int().nonnegative())

export const language = z.string().regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/, 'expected a language tag such as en or pt-BR')

/** A new text; stored ones may be longer. */
export const captionText = text().min(1).max(limits.text)

export const caption = z.object({
  id,
  mediaId: id,
  /** The region that the text describes; null if it describes the whole image. */
  regionId: id.nullable(),
  text: text().min(1),
  language: language.nullable(),
  /** Grounding: which words refer to which regions. */
  spans: z.array(span).max(limits.spans),
  author,
  state: annotationState,
  editedBy: editor,
})
export type Span = z.infer<typeof span>
export type Caption = z.infer<typeof caption>

/** A text from the project's accepted captions that may describe an image or a region too. */
export const captionSuggestion = z.object({
  text: text().min(1),
  language: language.nullable(),
  /** Cosine of the image, or of the region, with the text. */
  score: z.number().min(-1).max(1),
  /** The image that has this caption. */
  mediaId: id,
})
export type CaptionSuggestion = z.infer<typeof captionSuggestion>
