/** Fields of a form from a JSON schema (draft 2020-12, as zod writes it) of one flat object. */
import { z } from 'zod'

const property = z.object({
  type: z.string().optional(),
  description: z.string().optional(),
  default: z.json().optional(),
  enum: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
})

export interface Field {
  name: string
  kind: 'number' | 'integer' | 'boolean' | 'choice' | 'text'
  description: string
  default: unknown
  choices?: string[]
  min?: number
  max?: number
}

/** What is not a plain field (an object in the object) is left to the settings' defaults. */
export function fieldsOf(schema: Record<string, unknown>): Field[] {
  const properties = z.record(z.string(), z.unknown()).catch({}).parse(schema['properties'])
  return Object.entries(properties).flatMap(([name, raw]): Field[] => {
    const parsed = property.safeParse(raw)
    if (!parsed.success) return []
    const { type, description = '', enum: choices, minimum, maximum, exclusiveMinimum } = parsed.data
    const common = { name, description, default: parsed.data.default }
    if (choices) return [{ ...common, kind: 'choice', choices }]
    if (type === 'boolean') return [{ ...common, kind: 'boolean' }]
    if (type === 'number' || type === 'integer') return [{ ...common, kind: type, min: minimum ?? exclusiveMinimum, max: maximum }]
    return type === 'string' ? [{ ...common, kind: 'text' }] : []
  })
}
