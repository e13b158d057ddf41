/** All rows that belong to an image, by table. */
import type { JournaledTable, StoredRow } from '#shared/model/journal.ts'
import type { Database } from './database.ts'
import { mediaTables } from './tables.ts'

export type ContentTable = 'region' | 'media_label' | 'caption' | 'media_tag' | 'comment'

/** Regions are in drawing order; everything else in order of creation. */
const orderOf = (table: ContentTable, prefix = '') => (table === 'region' ? `${prefix}z, ${prefix}id` : `${prefix}id`)

export const contentOf = (db: Database, table: ContentTable, mediaId: number): StoredRow[] =>
  db.all<StoredRow>(`SELECT * FROM ${table} WHERE media_id = ? ORDER BY ${orderOf(table)}`, mediaId)

/** Like `contentOf` for several images: image id → its rows. */
export function contentOfImages(db: Database, table: ContentTable, ids: readonly number[]): Map<number, StoredRow[]> {
  const byImage = new Map<number, StoredRow[]>(ids.map((id) => [id, []]))
  for (const row of db.all<StoredRow>(
    `SELECT t.* FROM json_each(?) AS wanted CROSS JOIN ${table} t ON t.media_id = wanted.value ORDER BY ${orderOf(table, 't.')}`,
    JSON.stringify(ids),
  ))
    byImage.get(Number(row['media_id']))!.push(row)
  return byImage
}

/** Every row that belongs to an image, by table. */
export const idsOnImage = (db: Database, mediaId: number): { table: JournaledTable; id: number }[] =>
  mediaTables.flatMap((table) =>
    db.all<{ id: number }>(`SELECT id FROM ${table} WHERE media_id = ?`, mediaId).map(({ id }) => ({ table, id })),
  )

/** Whether an image has no annotations or other rows of its own. */
export const isBare = (db: Database, mediaId: number): boolean =>
  mediaTables.every((table) => db.value(`SELECT 1 FROM ${table} WHERE media_id = ? LIMIT 1`, mediaId) === undefined)

/** The rows of any table except those with these row ids. */
export const rowsExcept = (db: Database, table: string, ids: readonly number[]): Generator<StoredRow> =>
  db.iterate<StoredRow>(`SELECT * FROM ${table} WHERE rowid NOT IN (SELECT value FROM json_each(?))`, JSON.stringify(ids))
