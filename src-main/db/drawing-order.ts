import type { Database } from './database.ts'

/** On top of the image's regions. */
export const topZ = (db: Database, mediaId: number): number =>
  Number(db.value('SELECT coalesce(max(z) + 1, 0) FROM region WHERE media_id = ?', mediaId))
