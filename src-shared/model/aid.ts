/** Drawing aids, which are not part of the data: a project's scale, and templates of several regions placed at once. */
import { z } from 'zod'
import { limits } from './limits.ts'
import { id } from './media.ts'
import { attributes } from './region.ts'
import { shape } from './shape.ts'
import { text } from './text.ts'

/** A unit of length, and the number of pixels per unit. */
export const scale = z.object({ unit: text().min(1).max(20), perUnit: z.number().positive().max(1e9) })
export type Scale = z.infer<typeof scale>

export const templateName = text()
  .min(1)
  .max(limits.name)
  .refine((name) => name.trim() !== '', 'expected a name')
export const templateRegion = z.object({ labelId: id.nullable(), shape, attributes })
export const template = z.object({
  id,
  name: templateName,
  /** Size in pixels of the image it was made on: on images of the same size it is placed at the same position. */
  width: z.number().positive(),
  height: z.number().positive(),
  regions: z.array(templateRegion).min(1).max(10_000),
})
export type Template = z.infer<typeof template>
export type TemplateRegion = z.infer<typeof templateRegion>
