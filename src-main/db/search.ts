/**
 * The full-text index of captions: one document per image, with its captions in id order, one per line. The index
 * does not store texts, so replacing a document requires the old one.
 */
import type { Database } from './database.ts'

/** Empty if the image has no captions. */
export const captionDocument = (db: Database, mediaId: number): string =>
  db
    .all<{ text: string }>('SELECT text FROM caption WHERE media_id = ? ORDER BY id', mediaId)
    .map((c) => c.text)
    .join('\n')

export function replaceDocument(db: Database, mediaId: number, before: string, after: string): void {
  if (before === after) return
  if (before) db.run(`INSERT INTO caption_text (caption_text, rowid, text) VALUES ('delete', ?, ?)`, mediaId, before)
  if (after) db.run('INSERT INTO caption_text (rowid, text) VALUES (?, ?)', mediaId, after)
}

const documents = `SELECT media_id, group_concat(text, char(10) ORDER BY id) FROM caption WHERE media_id BETWEEN ? AND ? GROUP BY media_id`

/** Indexes the documents of new images in bulk, several times faster than one by one. */
export function indexDocuments(db: Database, fromMedia: number, toMedia: number): void {
  db.run(`INSERT INTO caption_text (rowid, text) ${documents}`, fromMedia, toMedia)
}

export function rebuildSearch(db: Database): void {
  db.run(`INSERT INTO caption_text (caption_text) VALUES ('delete-all')`)
  indexDocuments(db, 0, Number.MAX_SAFE_INTEGER)
}

/** Null if the index agrees with the captions: the same images, each found by its own text. */
export function searchProblem(db: Database): string | null {
  const [indexed, captioned] = [db.value('SELECT count(*) FROM caption_text'), db.value('SELECT count(DISTINCT media_id) FROM caption')]
  if (indexed !== captioned) return `${indexed} images are indexed, ${captioned} have captions`
  try {
    db.run(`INSERT INTO caption_text (caption_text) VALUES ('integrity-check')`)
  } catch (e) {
    return e instanceof Error ? e.message : String(e)
  }
  const lost = Number(
    db.value(`SELECT count(*) FROM (
        SELECT c.id, c.media_id, c.text FROM caption c WHERE length(c.text) >= 3 ORDER BY c.id % 997, c.id LIMIT 1000) AS c
      WHERE NOT EXISTS (SELECT 1 FROM caption_text
        WHERE caption_text MATCH '"' || replace(substr(c.text, 1, 40), '"', '""') || '"' AND rowid = c.media_id)`),
  )
  return lost ? `${lost} of 1000 captions are not found by their text` : null
}
