/** The images of given annotations. */
import type { Database } from './database.ts'

const many = (ids: readonly number[]) => JSON.stringify(ids)

/** Without repetition. */
export const imagesOf = (db: Database, table: 'region' | 'caption' | 'comment' | 'media_label', ids: readonly number[]): number[] =>
  db
    .all<{ id: number }>(`SELECT DISTINCT media_id AS id FROM ${table} WHERE id IN (SELECT value FROM json_each(?))`, many(ids))
    .map((r) => r.id)

/** Ids of the assignments of a label to these images. */
export const assignmentsOf = (db: Database, labelId: number, mediaIds: readonly number[]): number[] =>
  db
    .all<{ id: number }>(
      'SELECT id FROM media_label WHERE label_id = ? AND media_id IN (SELECT value FROM json_each(?))',
      labelId,
      many(mediaIds),
    )
    .map((r) => r.id)
