/**
 * Two windows changed the same field: its value before this window's change, its current value, and the one this
 * window wants.
 */
import { z } from 'zod'
import { DashiError } from '../errors.ts'

export const conflictField = z.object({ field: z.string(), base: z.json(), theirs: z.json(), mine: z.json() })
export const conflict = z.object({
  entity: z.enum(['region', 'caption', 'comment', 'label', 'image']),
  id: z.number().int(),
  /** Whether its fields were changed or it was removed. */
  how: z.enum(['changed', 'removed']),
  /** Whether this window wanted to remove it. */
  removing: z.boolean(),
  fields: z.array(conflictField),
})
export type Conflict = z.infer<typeof conflict>

export class ConflictError extends DashiError {
  constructor(readonly conflicts: Conflict[]) {
    super('conflict', conflicts.map(lineOf).slice(0, 1).join('') + (conflicts.length > 1 ? ` (and ${conflicts.length - 1} more)` : ''))
  }
}

const brief = (value: unknown) => {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
function lineOf({ entity, id, how, fields }: Conflict): string {
  if (how === 'removed') return `${entity} ${id} was removed by somebody else meanwhile`
  const changes = fields.map((f) => `${f.field} is ${brief(f.theirs)} now, it was ${brief(f.base)}`)
  return `${entity} ${id}: ${changes.join('; ')}: somebody else changed it meanwhile`
}

/** Deep equality of data: key order, -0 and absent members make no difference. */
export function sameData(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>]
  const keys = new Set([...Object.keys(x), ...Object.keys(y)])
  for (const key of keys) if (!sameData(x[key], y[key])) return false
  return true
}

/**
 * The fields of `mine` that somebody else changed since `base` to a value different from the wanted one. Fields
 * missing from `base` are not compared, unless it is `whole`: then they did not exist.
 */
export function changedMeanwhile(now: object, base: object, mine: object, whole = false): Conflict['fields'] {
  const [n, b, m] = [now, base, mine].map((o) => o as Record<string, unknown>) as [
    Record<string, unknown>,
    Record<string, unknown>,
    Record<string, unknown>,
  ]
  // Absent and null are equal: an attribute without a value.
  const same = (x: unknown, y: unknown) => sameData(x ?? null, y ?? null)
  return Object.keys(m)
    .filter(
      (field) => m[field] !== undefined && (whole || b[field] !== undefined) && !same(n[field], b[field]) && !same(n[field], m[field]),
    )
    .map((field) => ({ field, base: json(b[field]), theirs: json(n[field]), mine: json(m[field]) }))
}
const json = (value: unknown) => (value === undefined ? null : (value as Conflict['fields'][number]['base']))
