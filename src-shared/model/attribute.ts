/** Typed attributes for regions of a label and of its descendants. */
import { z } from 'zod'
import { limits } from './limits.ts'
import { text } from './text.ts'

const common = {
  name: text().min(1).max(limits.name),
  /** A region without it is incomplete but can be stored: regions are drawn before they are described. */
  required: z.boolean().default(false),
}
const value = text().max(limits.value)
const finite = z.number()

export const choiceAttribute = z.object({
  type: z.literal('choice'),
  ...common,
  options: z.array(text().min(1).max(limits.name)).min(1).max(limits.list),
  default: value.optional(),
})
export const numberAttribute = z.object({
  type: z.literal('number'),
  ...common,
  min: finite.optional(),
  max: finite.optional(),
  default: finite.optional(),
})
export const textAttribute = z.object({ type: z.literal('text'), ...common, default: value.optional() })
export const yesNoAttribute = z.object({ type: z.literal('yes/no'), ...common, default: z.boolean().optional() })

export const attributeTypes = ['choice', 'number', 'text', 'yes/no'] as const
export type AttributeType = (typeof attributeTypes)[number]

export const attributeDefinition = z
  .discriminatedUnion('type', [choiceAttribute, numberAttribute, textAttribute, yesNoAttribute])
  .superRefine((a, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    if (a.type === 'choice' && new Set(a.options).size < a.options.length) refuse('options', 'expected each option once')
    if (a.type === 'number' && a.min !== undefined && a.max !== undefined && a.min > a.max)
      refuse('max', `expected at least ${a.min}, the smallest allowed`)
    const problem = a.default === undefined ? null : attributeProblem(a, a.default)
    if (problem) refuse('default', problem)
  })
export type AttributeDefinition = z.infer<typeof attributeDefinition>

export const attributeDefinitions = z
  .array(attributeDefinition)
  .max(limits.list)
  .superRefine((list, context) => {
    const names = new Set<string>()
    for (const [i, { name }] of list.entries()) {
      if (names.has(name)) context.addIssue({ code: 'custom', path: [i, 'name'], message: `${JSON.stringify(name)} occurs twice` })
      names.add(name)
    }
  })

export type AttributeValue = string | number | boolean
/** Reads own properties only: an attribute may be named `constructor`, which every object inherits. */
export const ownValue = (values: Readonly<Record<string, AttributeValue>>, name: string): AttributeValue | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined

/** Why the value is invalid for the attribute; null if valid. */
export function attributeProblem(a: AttributeDefinition, value: AttributeValue): string | null {
  switch (a.type) {
    case 'choice':
      return typeof value === 'string' && a.options.includes(value) ? null : `expected one of ${listed(a.options)}`
    case 'number':
      if (typeof value !== 'number' || !Number.isFinite(value)) return 'expected a number'
      if (a.min !== undefined && value < a.min) return `expected at least ${a.min}`
      return a.max !== undefined && value > a.max ? `expected at most ${a.max}` : null
    case 'text':
      return typeof value === 'string' ? null : 'expected text'
    case 'yes/no':
      return typeof value === 'boolean' ? null : 'expected yes or no (true or false)'
  }
}
const listed = (options: readonly string[]) => (options.length > 12 ? `${options.slice(0, 12).join(', ')}, …` : options.join(', '))

interface Labelled {
  id: number
  parentId: number | null
  attributes: readonly AttributeDefinition[]
}

/** A label's own attributes and those of its ancestors; of equal names the nearest wins. */
export function attributesOf(labelId: number | null, labels: ReadonlyMap<number, Labelled>): AttributeDefinition[] {
  const found = new Map<string, AttributeDefinition>()
  const seen = new Set<number>()
  for (let id = labelId; id !== null && !seen.has(id); id = labels.get(id)?.parentId ?? null) {
    seen.add(id)
    for (const a of labels.get(id)?.attributes ?? []) if (!found.has(a.name)) found.set(a.name, a)
  }
  return [...found.values()]
}

/** The initial attributes of a new region. */
export const defaultsOf = (definitions: readonly AttributeDefinition[]): Record<string, AttributeValue> =>
  Object.fromEntries(definitions.flatMap((a) => (a.default === undefined ? [] : [[a.name, a.default]])))

export interface AttributeFault {
  name: string
  /** null: required and missing. */
  problem: string | null
}

/** Required attributes without a value, and invalid values. */
export function attributeFaults(
  definitions: readonly AttributeDefinition[],
  values: Readonly<Record<string, AttributeValue>>,
): AttributeFault[] {
  return definitions.flatMap((a): AttributeFault[] => {
    const given = ownValue(values, a.name)
    if (given === undefined) return a.required ? [{ name: a.name, problem: null }] : []
    const problem = attributeProblem(a, given)
    return problem ? [{ name: a.name, problem }] : []
  })
}
