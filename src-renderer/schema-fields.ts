/** Fields of a form from a JSON schema (draft 2020-12, as zod writes it) of one flat object. */
import { z } from 'zod'

const property = z.object({
  type: z.string().optional(),
  description: z.string().optional(),
  /** The description in Japanese. */
  ja: z.string().optional(),
  default: z.json().optional(),
  enum: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
})

export interface NumberBounds {
  min?: number
  max?: number
  /** More than this. */
  above?: number
  whole?: boolean
}

/** What was typed as a number, null where nothing was; a text that is none stays a text. */
export function readNumber(text: string): number | string | null {
  const typed = text.trim().replace('−', '-')
  if (typed === '') return null
  const value = Number(typed)
  return Number.isFinite(value) ? value : typed
}

/** Why a field cannot take what was typed; null where it can. */
export function numberProblem(
  text: string,
  { min, max, above, whole }: NumberBounds,
): { kind: 'number' | 'whole' | 'above' | 'least' | 'most'; bound?: number } | null {
  const value = readNumber(text)
  if (value === null) return null
  if (typeof value === 'string') return { kind: 'number' }
  if (whole && !Number.isInteger(value)) return { kind: 'whole' }
  if (above !== undefined && value <= above) return { kind: 'above', bound: above }
  if (min !== undefined && value < min) return { kind: 'least', bound: min }
  if (max !== undefined && value > max) return { kind: 'most', bound: max }
  return null
}

export interface Field extends NumberBounds {
  name: string
  kind: 'number' | 'integer' | 'boolean' | 'choice' | 'text'
  description: string
  /** The description in Japanese, where the record has one. */
  ja?: string | undefined
  default: unknown
  choices?: string[]
}

/** What is not a plain field (an object in the object) is left to the settings' defaults. */
export function fieldsOf(schema: Record<string, unknown>): Field[] {
  const properties = z.record(z.string(), z.unknown()).catch({}).parse(schema['properties'])
  return Object.entries(properties).flatMap(([name, raw]): Field[] => {
    const parsed = property.safeParse(raw)
    if (!parsed.success) return []
    const { type, description = '', ja, enum: choices, minimum, maximum, exclusiveMinimum } = parsed.data
    const common = { name, description, ja, default: parsed.data.default }
    if (choices) return [{ ...common, kind: 'choice', choices }]
    if (type === 'boolean') return [{ ...common, kind: 'boolean' }]
    if (type === 'number' || type === 'integer')
      return [{ ...common, kind: type, min: minimum, max: maximum, above: exclusiveMinimum, whole: type === 'integer' }]
    return type === 'string' ? [{ ...common, kind: 'text' }] : []
  })
}
