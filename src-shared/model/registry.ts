/** Registries of records: one record per file of a folder, found by `import.meta.glob`. */
import { userError } from '../errors.ts'
import type { Sentence } from '../sentences/table.ts'

/** The records in their `order`. @param files the default exports by file name, as `import.meta.glob` gives them */
export const inOrder = <R extends { readonly order: number }>(files: Readonly<Record<string, R>>): readonly R[] =>
  Object.values(files).sort((a, b) => a.order - b.order)

/**
 * Looks up a record by its id.
 * @param unknown the sentence about an unknown id, given the known ones
 * @throws a user fault with that sentence
 */
export const byId =
  <R extends { readonly id: string }>(records: readonly R[], unknown: (id: string, known: string) => Sentence) =>
  (id: string): R => {
    const record = records.find((r) => r.id === id)
    if (!record) throw userError(unknown(id, records.map((r) => r.id).join(', ')))
    return record
  }
