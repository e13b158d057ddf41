/** Comments on images. */
import type { Database } from './database.ts'

export const repliesTo = (db: Database, id: number): number[] =>
  db.all<{ id: number }>('SELECT id FROM comment WHERE reply_to = ?', id).map((r) => r.id)

const open = 'FROM comment WHERE resolved = 0 AND reply_to IS NULL'

/** Unresolved comments by image; a reply counts as part of the comment it answers. */
export const openComments = (db: Database): { id: number; mediaId: number }[] =>
  db.all(`SELECT id, media_id AS mediaId ${open} ORDER BY media_id, id`)

export const countOpenComments = (db: Database): { images: number; open: number } => ({
  images: Number(db.value(`SELECT count(DISTINCT media_id) ${open}`)),
  open: Number(db.value(`SELECT count(*) ${open}`)),
})
