/** A fragment of a query: SQL with the values of its placeholders in order. */
import type { Value } from './database.ts'

export interface Condition {
  sql: string
  params: Value[]
}

export const all = (conditions: readonly Condition[]): Condition => ({
  sql: conditions.map((c) => `(${c.sql})`).join(' AND ') || '1',
  params: conditions.flatMap((c) => c.params),
})
