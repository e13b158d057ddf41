/** Queries of regions for edits. */
import type { StoredRow } from '#shared/model/journal.ts'
import type { Database } from './database.ts'

/** The drawing order that puts a region on top of the image's others. */
export const topZ = (db: Database, mediaId: number): number =>
  Number(db.value('SELECT coalesce(max(z) + 1, 0) FROM region WHERE media_id = ?', mediaId))

/** The image's regions that a bulk edit applies to: neither locked nor rejected. */
export const editableRegions = (db: Database, mediaId: number): { id: number; label_id: number | null; attributes: string }[] =>
  db.all(`SELECT id, label_id, attributes FROM region WHERE media_id = ? AND locked = 0 AND state <> 'rejected'`, mediaId)

/** Like `editableRegions`, for one label. */
export const editableRegionsOfLabel = (db: Database, mediaId: number, labelId: number): { id: number; attributes: string }[] =>
  db.all(`SELECT id, attributes FROM region WHERE media_id = ? AND label_id = ? AND state <> 'rejected' AND locked = 0`, mediaId, labelId)

export const regionsOfLabel = (
  db: Database,
  labelId: number,
): Generator<{ id: number; media_id: number; kind: string; attributes: string }> =>
  db.iterate(`SELECT id, media_id, json_extract(shape, '$.kind') AS kind, attributes FROM region WHERE label_id = ? ORDER BY id`, labelId)

export const keypointRegionsOfLabel = (db: Database, labelId: number): { id: number; shape: string }[] =>
  db.all(`SELECT id, shape FROM region WHERE label_id = ? AND json_extract(shape, '$.kind') = 'keypoints' ORDER BY id`, labelId)

/** Proposals on these images with at least this score (null: any, including none). */
export const proposalsOn = (
  db: Database,
  table: 'region' | 'media_label',
  mediaIds: readonly number[],
  minScore: number | null,
): { id: number; mediaId: number }[] =>
  db.all(
    `SELECT a.id, a.media_id AS mediaId FROM json_each(?) w CROSS JOIN ${table} a ON a.media_id = w.value
      WHERE a.state = 'proposed' AND (? IS NULL OR a.score >= ?)`,
    JSON.stringify(mediaIds),
    minScore,
    minScore,
  )

/** Captions of an image that refer to regions, as a whole or by a span. */
export const captionsOfRegions = (db: Database, mediaId: number): StoredRow[] =>
  db.all(`SELECT id, region_id, spans FROM caption WHERE media_id = ? AND (region_id IS NOT NULL OR spans <> '[]')`, mediaId)

export const commentsOfRegions = (db: Database, mediaId: number): StoredRow[] =>
  db.all('SELECT id, region_id FROM comment WHERE media_id = ? AND region_id IS NOT NULL', mediaId)
