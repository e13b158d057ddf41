/** Facts about the images' files, and which are still unknown: size, hashes. */
import type { Database } from './database.ts'

export interface FileFacts {
  id: number
  rootId: number
  path: string
  width: number | null
  hash: string | null
  perceptual: string | null
}

/** In the order of `ids`. */
export const fileFacts = (db: Database, ids: readonly number[]): FileFacts[] =>
  db.all<FileFacts>(
    `SELECT m.id, m.root_id AS rootId, m.path, m.width, m.content_hash AS hash, m.perceptual_hash AS perceptual
     FROM json_each(?) AS w CROSS JOIN media m ON m.id = w.value`,
    JSON.stringify(ids),
  )

export const countUnmeasured = (db: Database): number => Number(db.value('SELECT count(*) FROM media WHERE width IS NULL'))

/** The next images of unknown size, after an id. */
export const unmeasured = (db: Database, after: number, most: number): { id: number; rootId: number; path: string }[] =>
  db.all('SELECT id, root_id AS rootId, path FROM media WHERE width IS NULL AND id > ? ORDER BY id LIMIT ?', after, most)

export interface Unhashed {
  id: number
  rootId: number
  path: string
  width: number | null
  height: number | null
}

/** Never hashed, possibly because the file was missing. */
export const unhashed = (db: Database): Unhashed[] =>
  db.all<Unhashed>('SELECT id, root_id AS rootId, path, width, height FROM media WHERE content_hash IS NULL')

export const anyUnhashed = (db: Database): boolean => db.value('SELECT 1 FROM media WHERE content_hash IS NULL LIMIT 1') !== undefined

/**
 * Number of images by longer side, in bins with the ascending upper bounds `edges` (exclusive); the last bin is
 * unbounded.
 */
export function countBySize(db: Database, edges: readonly number[]): Map<number, number> {
  const steps = edges.map((edge, i) => `WHEN max(width, height) < ${edge} THEN ${i}`).join(' ')
  const rows = db.all<{ step: number; images: number }>(
    `SELECT CASE ${steps} ELSE ${edges.length} END AS step, count(*) AS images FROM media WHERE width IS NOT NULL GROUP BY 1 ORDER BY 1`,
  )
  return new Map(rows.map((r) => [r.step, r.images]))
}

/** Number of images beyond the first of each perceptual hash. */
export const countAlike = (db: Database): number =>
  Number(
    db.value(
      `SELECT coalesce(sum(n - 1), 0) FROM (
         SELECT count(*) AS n FROM media WHERE perceptual_hash IS NOT NULL GROUP BY perceptual_hash HAVING n > 1)`,
    ),
  )
