/** Labels and tags of whole images. */
import type { Author } from '#shared/model/author.ts'
import type { StoredRow } from '#shared/model/journal.ts'
import type { Database } from './database.ts'
import { authorText } from './entities.ts'

/** The id of this author's assignment of a label to an image. */
export const imageLabelBy = (db: Database, mediaId: number, labelId: number, author: Author | string): number | undefined =>
  db.value<number>(
    'SELECT id FROM media_label WHERE media_id = ? AND label_id = ? AND author = ?',
    mediaId,
    labelId,
    typeof author === 'string' ? author : authorText(author),
  )

/** Ids of all assignments of a label to an image, by any author. */
export const imageLabelIds = (db: Database, mediaId: number, labelId: number): number[] =>
  db.all<{ id: number }>('SELECT id FROM media_label WHERE media_id = ? AND label_id = ?', mediaId, labelId).map((r) => r.id)

export const imageLabelsOf = (db: Database, mediaId: number): StoredRow[] =>
  db.all('SELECT id, label_id, author, state FROM media_label WHERE media_id = ? ORDER BY id', mediaId)

/** Proposed and accepted assignments, with their authors. */
export const standingImageLabels = (db: Database, mediaId: number, labelId: number): { id: number; author: string }[] =>
  db.all(`SELECT id, author FROM media_label WHERE media_id = ? AND label_id = ? AND state <> 'rejected'`, mediaId, labelId)

export const imageLabelsOfLabel = (db: Database, labelId: number): Generator<{ id: number; media_id: number }> =>
  db.iterate('SELECT id, media_id FROM media_label WHERE label_id = ? ORDER BY id', labelId)

/** Images with an accepted label of the whole image. */
export const classifiedImages = (db: Database): number[] =>
  db.all<{ id: number }>(`SELECT DISTINCT media_id AS id FROM media_label WHERE state = 'accepted' ORDER BY media_id`).map((r) => r.id)

/** Images with exactly one accepted label of the whole image: image id → label id. */
export const singleLabels = (db: Database): Map<number, number> =>
  new Map(
    db
      .all<{ image: number; label: number }>(
        `SELECT media_id AS image, min(label_id) AS label FROM media_label
         WHERE state = 'accepted' GROUP BY media_id HAVING count(DISTINCT label_id) = 1`,
      )
      .map((r) => [r.image, r.label]),
  )

export const tagOn = (db: Database, mediaId: number, tag: string): number | undefined =>
  db.value<number>('SELECT id FROM media_tag WHERE media_id = ? AND tag = ?', mediaId, tag)

export const imagesTagged = (db: Database, tag: string): number[] =>
  db.all<{ id: number }>('SELECT media_id AS id FROM media_tag WHERE tag = ?', tag).map((r) => r.id)

export const allTags = (db: Database): Generator<{ image: number; tag: string }> =>
  db.iterate('SELECT media_id AS image, tag FROM media_tag')
