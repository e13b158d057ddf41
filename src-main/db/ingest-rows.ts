/**
 * Rows of a bulk insertion: what the project already has of its images, and how many rows are written per statement.
 */
import type { JournaledTable, StoredRow } from '#shared/model/journal.ts'
import type { Database } from './database.ts'
import { tables } from './tables.ts'

/** Only a few statement sizes, so that each stays prepared. */
const rowsPerStatement = [100, 10, 1]

/**
 * The columns that identify a row when a file is imported again; a state or drawing order changed since then does not
 * matter.
 */
const identity: Partial<Record<JournaledTable, readonly string[]>> = {
  region: ['label_id', 'shape', 'author'],
  media_label: ['label_id', 'author'],
  caption: ['text', 'language', 'author'],
  media_tag: ['tag'],
}
export const keyOf = (table: JournaledTable, row: StoredRow) => JSON.stringify(identity[table]!.map((c) => row[c] ?? null))

/**
 * Rows of one image already in the project, by identity and by source; each matches only once, so that true
 * duplicates are kept.
 */
export type Known = Map<JournaledTable, Map<string, { id: number; taken: boolean }[]>>

/** The images of a root with these paths: path → row. */
export function imagesOfRoot(db: Database, rootId: number, paths: readonly string[]): Map<string, StoredRow> {
  const rows = db.all<StoredRow>(
    `SELECT m.id, ${tables.media.columns.map((c) => `m.${c}`).join(', ')}
     FROM json_each(?) AS wanted CROSS JOIN media m ON m.root_id = ? AND m.path = wanted.value`,
    JSON.stringify(paths),
    rootId,
  )
  return new Map(rows.map((r) => [String(r['path']), r]))
}

/** The existing rows of these images: image id → rows. */
export function knownRows(db: Database, mediaIds: readonly number[]): Map<number, Known> {
  const known = new Map<number, Known>()
  if (mediaIds.length === 0) return known
  for (const table of Object.keys(identity) as JournaledTable[]) {
    const columns = [...identity[table]!, ...(table === 'region' ? ['source'] : [])]
    for (const row of db.all<StoredRow>(
      `SELECT t.id, t.media_id, ${columns.map((c) => `t.${c}`).join(', ')}
       FROM json_each(?) AS wanted CROSS JOIN ${table} t ON t.media_id = wanted.value`,
      JSON.stringify(mediaIds),
    )) {
      const mediaId = Number(row['media_id'])
      let ofMedia = known.get(mediaId)
      if (!ofMedia) known.set(mediaId, (ofMedia = new Map()))
      let ofTable = ofMedia.get(table)
      if (!ofTable) ofMedia.set(table, (ofTable = new Map()))
      const entry = { id: Number(row['id']), taken: false }
      for (const key of [keyOf(table, row), ...(row['source'] ? [String(row['source'])] : [])])
        ofTable.set(key, [...(ofTable.get(key) ?? []), entry])
    }
  }
  return known
}

export function insertRows(db: Database, table: JournaledTable, rows: readonly StoredRow[]): void {
  const columns = ['id', ...tables[table].columns, ...(table === 'media' ? ['annotated'] : [])]
  const place = `(${columns.map(() => '?').join(',')})`
  for (let i = 0; i < rows.length;) {
    const n = rowsPerStatement.find((size) => size <= rows.length - i)!
    const values = rows.slice(i, i + n).flatMap((row) => columns.map((c) => row[c] ?? null))
    db.run(`INSERT INTO ${table} (${columns.join(', ')}) VALUES ${Array(n).fill(place).join(',')}`, ...values)
    i += n
  }
}
