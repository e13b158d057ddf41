/** What may stand in the way of a training: one record in its own file in `concerns/`, with its cure. */
import type { ConcernLevel } from '#shared/model/plan.ts'
import type { Words } from '#shared/model/words.ts'
import type { Facts } from './facts.ts'

/** Values for the words' placeholders. */
export type With = Readonly<Record<string, string | number>>

export interface ConcernRecord {
  readonly id: string
  /** Sort key within its level. */
  readonly order: number
  readonly level: ConcernLevel
  /** One sentence on what is wrong, with `{name}` for values. */
  readonly problem: Words
  /** One sentence on what to do. */
  readonly cure: Words
  /** The address in the window where that is done; absent if it is done in the form. */
  readonly link?: string
  /** The values if it applies, else null. */
  find(facts: Facts): With | null
}

export const defineConcern = (concern: ConcernRecord): ConcernRecord => concern

/** The first few names, quoted. */
export function named(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).map((n) => `“${n}”`)
  return names.length > most ? `${shown.join(', ')} + ${names.length - most}` : shown.join(', ')
}
