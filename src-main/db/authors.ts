/** Annotations by author. Authors are given in their stored form: `person:NAME` or `checkpoint:ID`. */
import type { StoredRow } from '#shared/model/journal.ts'
import type { Database } from './database.ts'

export const countByAuthor = (db: Database, table: 'region' | 'media_label' | 'caption'): { author: string; n: number }[] =>
  db.all(`SELECT author, count(*) AS n FROM ${table} GROUP BY author`)

/** Ids of the images on which an author made something, ascending. */
export const imagesByAuthor = (db: Database, author: string, tables: readonly ('region' | 'media_label' | 'caption')[]): number[] =>
  db
    .all<{ id: number }>(
      `${tables.map((t) => `SELECT media_id AS id FROM ${t} WHERE author = ?`).join(' UNION ')} ORDER BY 1`,
      ...tables.map(() => author),
    )
    .map((r) => r.id)

/** The annotations of two authors on these images, in order of creation. */
export const annotationsBy = (
  db: Database,
  table: 'region' | 'media_label',
  mediaIds: readonly number[],
  [one, other]: readonly [string, string],
): StoredRow[] =>
  db.all(
    `SELECT t.* FROM json_each(?) w CROSS JOIN ${table} t ON t.media_id = w.value WHERE t.author IN (?, ?) ORDER BY t.id`,
    JSON.stringify(mediaIds),
    one,
    other,
  )
