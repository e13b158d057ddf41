/** Form fields from a JSON schema (draft 2020-12, as written by zod) of one flat object. */
import { z } from 'zod'

const property = z.object({
  type: z.string().optional(),
  description: z.string().optional(),
  words: z.record(z.string(), z.string()).optional(),
  title: z.string().optional(),
  names: z.record(z.string(), z.string()).optional(),
  advanced: z.boolean().optional(),
  default: z.json().optional(),
  enum: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  maxLength: z.number().optional(),
})

export interface NumberBounds {
  min?: number
  max?: number
  /** Exclusive minimum. */
  above?: number
  whole?: boolean
}

/** The number that was typed, null if the field is empty; text that is not a number is returned as text. */
export function readNumber(text: string): number | string | null {
  const typed = text.trim().replace('−', '-')
  if (typed === '') return null
  const value = Number(typed)
  return Number.isFinite(value) ? value : typed
}

/** Why a field rejects what was typed; null if it is valid. */
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
  /** What people call it, in English and by language; without one, its key in words. */
  title: string
  names: Record<string, string>
  advanced?: boolean
  kind: 'number' | 'integer' | 'boolean' | 'choice' | 'text'
  description: string
  /** Descriptions by language. */
  words: Record<string, string>
  default: unknown
  choices?: string[]
  /** A text that may be long: it has a line of its own. */
  long?: boolean
}

/** 'batchSize' → 'Batch size'. */
const inWords = (key: string): string => {
  const words = key.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Properties that are not plain fields (nested objects) keep their defaults. */
export function fieldsOf(schema: Record<string, unknown>): Field[] {
  const properties = z.record(z.string(), z.unknown()).catch({}).parse(schema['properties'])
  return Object.entries(properties).flatMap(([name, raw]): Field[] => {
    const parsed = property.safeParse(raw)
    if (!parsed.success) return []
    const { type, description = '', words = {}, names = {}, enum: choices, minimum, maximum, exclusiveMinimum } = parsed.data
    const { title = inWords(name), advanced, maxLength = 0 } = parsed.data
    const common = { name, title, names, ...(advanced && { advanced }), description, words, default: parsed.data.default }
    if (choices) return [{ ...common, kind: 'choice', choices }]
    if (type === 'boolean') return [{ ...common, kind: 'boolean' }]
    if (type === 'number' || type === 'integer')
      return [{ ...common, kind: type, min: minimum, max: maximum, above: exclusiveMinimum, whole: type === 'integer' }]
    return type === 'string' ? [{ ...common, kind: 'text', ...(maxLength > 1000 && { long: true }) }] : []
  })
}
