/** Labelled images for training and evaluation. */
import type { Database } from './database.ts'

/** An image in a split; one row per accepted label. */
export interface LabelledRow {
  readonly id: number
  readonly root: number
  readonly path: string
  readonly split: string
  readonly content_hash: string | null
  readonly label_id: number
  /** Why its file cannot be decoded, according to the last check. */
  readonly problem: string | null
}

/** Sorted by image and label. */
export const labelledRows = (db: Database): LabelledRow[] =>
  db.all(
    `SELECT m.id, m.root_id AS root, m.path, m.split, m.content_hash, l.label_id, f.problem FROM media m
     LEFT JOIN media_file f ON f.media_id = m.id
     JOIN media_label l ON l.media_id = m.id AND l.state = 'accepted'
     WHERE m.split IS NOT NULL ORDER BY m.id, l.label_id`,
  )

/** Ids of the images that are in a split and have an accepted label. */
export const labelledImages = (db: Database): number[] =>
  db
    .all<{ id: number }>(
      `SELECT m.id FROM media m WHERE m.split IS NOT NULL
         AND EXISTS (SELECT 1 FROM media_label l WHERE l.media_id = m.id AND l.state = 'accepted') ORDER BY m.id`,
    )
    .map((r) => r.id)
