/** Queries for import, export and archives. */
import { Database } from './database.ts'

export interface StoredPlace {
  root_id: number
  path: string
}

export const hasMedia = (db: Database, rootId: number, path: string): boolean =>
  db.value('SELECT 1 FROM media WHERE root_id = ? AND path = ?', rootId, path) !== undefined

/** Images with this path, in any root. */
export const placesByPath = (db: Database, path: string): StoredPlace[] =>
  db.all<StoredPlace>('SELECT root_id, path FROM media WHERE path = ?', path)

export const placesByContent = (db: Database, contentHash: string): StoredPlace[] =>
  db.all<StoredPlace>('SELECT root_id, path FROM media WHERE content_hash = ?', contentHash)

export const isRootUsed = (db: Database, rootId: number): boolean =>
  db.value('SELECT 1 FROM media WHERE root_id = ? LIMIT 1', rootId) !== undefined

export const countComments = (db: Database): number => Number(db.value('SELECT count(*) FROM comment'))

/** Every image in id order, and their number. */
export const allPlaces = (db: Database): Iterable<StoredPlace> => db.iterate<StoredPlace>('SELECT path, root_id FROM media ORDER BY id')
export const countPlaces = (db: Database): number => Number(db.value('SELECT count(*) FROM media'))

/**
 * Writes a copy of an open database for an archive, with other paths for its image folders and without
 * machine-specific consents. `readOnly`: SQLite counts copying as a write, so the guard of a read-only database is
 * lifted meanwhile.
 */
export function copyForArchive(db: Database, file: string, roots: ReadonlyMap<number, string>, readOnly: boolean): void {
  if (readOnly) db.exec('PRAGMA query_only = OFF')
  db.run('VACUUM INTO ?', file)
  if (readOnly) db.exec('PRAGMA query_only = ON')
  const copy = new Database(file)
  copy.run("DELETE FROM meta WHERE key >= 'links:' AND key < 'links;'")
  for (const [id, path] of roots) copy.run('UPDATE root SET path = ? WHERE id = ?', path, id)
  copy.exec('PRAGMA journal_mode = DELETE')
  copy.close()
}

/** 'ok', or the first damage found by SQLite. */
export const damageOf = (db: Database): string => String(db.value<string>('PRAGMA quick_check(1)'))
