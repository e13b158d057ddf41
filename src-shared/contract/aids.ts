/** Drawing aids: the scale of a project and its templates. */
import { z } from 'zod'
import { scale, template, templateName } from '../model/aid.ts'
import { id } from '../model/media.ts'
import { method } from './method.ts'

const done = z.null()

export const aidMethods = {
  'aids.get': method(z.object({}).default({}), z.object({ scale: scale.nullable(), templates: z.array(template) })),
  'scale.set': method(z.object({ scale: scale.nullable() }), done),
  /** Replaces a template of the same name. */
  'templates.save': method(template.omit({ id: true }), template),
  'templates.rename': method(z.object({ id, name: templateName }), done),
  'templates.remove': method(z.object({ id }), done),
}
