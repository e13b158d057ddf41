/** Labelled images, as training and evaluation read them. */
import type { Database } from './database.ts'

/** An image in a split, once for each of its accepted labels. */
export interface LabelledRow {
  readonly id: number
  readonly root: number
  readonly path: string
  readonly split: string
  readonly content_hash: string | null
  readonly label_id: number
  /** Why its file cannot be decoded, as was found out last. */
  readonly problem: string | null
}

/** By image and label. */
export const labelledRows = (db: Database): LabelledRow[] =>
  db.all(
    `SELECT m.id, m.root_id AS root, m.path, m.split, m.content_hash, l.label_id, f.problem FROM media m
     LEFT JOIN media_file f ON f.media_id = m.id
     JOIN media_label l ON l.media_id = m.id AND l.state = 'accepted'
     WHERE m.split IS NOT NULL ORDER BY m.id, l.label_id`,
  )

/** Images that are in a split and have an accepted label, by id. */
export const labelledImages = (db: Database): number[] =>
  db
    .all<{ id: number }>(
      `SELECT m.id FROM media m WHERE m.split IS NOT NULL
         AND EXISTS (SELECT 1 FROM media_label l WHERE l.media_id = m.id AND l.state = 'accepted') ORDER BY m.id`,
    )
    .map((r) => r.id)
