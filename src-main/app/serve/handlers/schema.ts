import { z } from 'zod'
import { jsonObject } from '#shared/model/project.ts'

/** A schema as JSON schema (draft 2020-12), from which a window builds a form. */
export const jsonSchemaOf = (schema: z.ZodType) => jsonObject.parse(z.toJSONSchema(schema, { io: 'input' }))
