import { z } from 'zod'
import { annotationState, author, editor } from './author.ts'
import { limits } from './limits.ts'
import { id } from './media.ts'
import { trackPlace } from './sequence.ts'
import { shape } from './shape.ts'
import { text } from './text.ts'

export const attributes = z
  .record(text().max(limits.name), z.union([text().max(limits.value), z.number(), z.boolean()]))
  .refine((a) => Object.keys(a).length <= limits.list, `expected at most ${limits.list} attributes`)
export type Attributes = z.infer<typeof attributes>

export const region = z.object({
  id,
  mediaId: id,
  labelId: id.nullable(),
  shape,
  attributes,
  author,
  state: annotationState,
  /** Drawing order within the image, the highest on top. */
  z: z.number().int(),
  hidden: z.boolean(),
  locked: z.boolean(),
  editedBy: editor,
  /** Its track; absent or null if none. Only changed by the methods of tracks. */
  track: trackPlace.nullish(),
})
export type Region = z.infer<typeof region>
