/** The journal: every mutation in both directions, with author and time. It serves as undo stack and audit trail. */
import { z } from 'zod'
import { id } from './media.ts'

export const journaledTable = z.enum(['root', 'label', 'media', 'media_label', 'media_tag', 'region', 'caption', 'comment'])
export type JournaledTable = z.infer<typeof journaledTable>

/** A row as stored: column → value. */
export const storedRow = z.record(z.string(), z.union([z.string(), z.number(), z.null()]))
export type StoredRow = z.infer<typeof storedRow>

/** One row's change. Inserted: before is null. Deleted: after is null. Updated: both hold the changed columns only. */
export const rowChange = z.object({ table: journaledTable, id, before: storedRow.nullable(), after: storedRow.nullable() })
export type RowChange = z.infer<typeof rowChange>

/**
 * A bulk insertion: rows `from`…`to` (inclusive) of a table. Their content stays in the table until an undo moves it
 * here.
 */
export const rangeInsert = z.object({ table: journaledTable, from: id, to: id })
export type RangeInsert = z.infer<typeof rangeInsert>

export const journalKind = z.enum(['do', 'undo', 'redo'])
export const journalEntry = z.object({
  seq: id,
  kind: journalKind,
  /** The entry that an undo or redo acted on. */
  ref: id.nullable(),
  /** The action for display: 'add region', 'rename label', 'import'. */
  action: z.string(),
  by: z.string(),
  /** Milliseconds since 1970. */
  at: z.number().int(),
  /** Images touched; empty for project-level changes and bulk insertions. */
  mediaIds: z.array(id),
  /** For a 'do' entry: whether it is currently undone. */
  undone: z.boolean(),
})
export type JournalEntry = z.infer<typeof journalEntry>
