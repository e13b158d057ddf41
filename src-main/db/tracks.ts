/**
 * Regions that belong to tracks. A number identifies a track only within the folder of its images; other folders may
 * reuse it.
 */
import type { StoredRow } from '#shared/model/journal.ts'
import type { Database } from './database.ts'

export const hasTracks = (db: Database): boolean => db.value('SELECT 1 FROM region WHERE track IS NOT NULL LIMIT 1') !== undefined

/** A number not used by any track. */
export const freshTrack = (db: Database): number =>
  Number(db.value('SELECT coalesce(max(track), 0) + 1 FROM region WHERE track IS NOT NULL') ?? 1)

export const regionsOfTrack = (db: Database, track: number): StoredRow[] =>
  db.all('SELECT * FROM region WHERE track = ? ORDER BY id', track)

/** Tracks that have a region on the image. */
export const tracksOn = (db: Database, mediaId: number): number[] =>
  db.all<{ track: number }>('SELECT track FROM region WHERE media_id = ? AND track IS NOT NULL', mediaId).map((r) => r.track)

/** The image's regions that determine their tracks: key frames and ends. */
export const decidedFrames = (db: Database, mediaId: number): StoredRow[] =>
  db.all(`SELECT track, frame FROM region WHERE media_id = ? AND track IS NOT NULL AND frame <> 'between'`, mediaId)

/** The places of each track's regions, sorted by track. */
export const trackPlaces = (db: Database): StoredRow[] =>
  db.all('SELECT track, media_id, frame, label_id FROM region WHERE track IS NOT NULL ORDER BY track, media_id')

/** The image's regions of a label (null: without label) that were not rejected. */
export const standingRegions = (db: Database, mediaId: number, labelId: number | null): StoredRow[] =>
  db.all(`SELECT id, shape, track, frame FROM region WHERE media_id = ? AND label_id IS ? AND state <> 'rejected'`, mediaId, labelId)
