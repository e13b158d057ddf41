/** Results of decoding the images' files: which are unreadable, and for which version of the file. */
import type { Database } from './database.ts'
import { unreadableIds } from './media-query.ts'

export interface FileState {
  mediaId: number
  /** Changes whenever the file does; '' if the file is missing. */
  stamp: string
  /** Why it cannot be decoded; null if it can. */
  problem: string | null
}

export function setFileStates(db: Database, states: readonly FileState[]): void {
  if (states.length === 0) return
  db.transaction(() => {
    // An image may have been removed while its file was being read.
    for (const { mediaId, stamp, problem } of states)
      db.run(
        'INSERT OR REPLACE INTO media_file (media_id, stamp, problem) SELECT id, ?, ? FROM media WHERE id = ?',
        stamp,
        problem,
        mediaId,
      )
  })
}

/** Known states of these images' files; images that were never checked are omitted. */
export function fileStates(db: Database, mediaIds: readonly number[]): Map<number, FileState> {
  const rows = db.all<{ mediaId: number; stamp: string; problem: string | null }>(
    'SELECT media_id AS mediaId, stamp, problem FROM json_each(?) AS wanted CROSS JOIN media_file f ON f.media_id = wanted.value',
    JSON.stringify(mediaIds),
  )
  return new Map(rows.map((r) => [r.mediaId, r]))
}

export const countUnreadable = (db: Database): number => Number(db.value(`SELECT count(*) FROM media WHERE id IN (${unreadableIds})`))

/** The next unchecked images, in id order. */
export const uncheckedIds = (db: Database, after: number, limit: number): number[] =>
  db
    .all<{ id: number }>(
      'SELECT m.id FROM media m WHERE m.id > ? AND NOT EXISTS (SELECT 1 FROM media_file f WHERE f.media_id = m.id) ORDER BY m.id LIMIT ?',
      after,
      limit,
    )
    .map((r) => r.id)

/** Every row belongs to an image, so the difference of the counts suffices. */
export const countUnchecked = (db: Database): number =>
  Math.max(0, Number(db.value('SELECT (SELECT count(*) FROM media) - (SELECT count(*) FROM media_file)')))

/** Unreadable images with the reason, sorted by path. */
export const unreadableMedia = (db: Database, limit = 1000): { id: number; rootId: number; path: string; problem: string }[] =>
  db.all<{ id: number; rootId: number; path: string; problem: string }>(
    `SELECT m.id, m.root_id AS rootId, m.path, f.problem FROM media_file f JOIN media m ON m.id = f.media_id
     WHERE f.problem IS NOT NULL ORDER BY m.path LIMIT ?`,
    limit,
  )
