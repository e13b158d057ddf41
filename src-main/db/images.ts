/** Images by id and by path. */
import type { StoredRow } from '#shared/model/journal.ts'
import type { Media } from '#shared/model/media.ts'
import type { Database } from './database.ts'
import { toMedia } from './entities.ts'
import { folderOf } from './media-query.ts'

export interface ImagePlace {
  id: number
  root: number
  path: string
}
export interface ImageSize {
  id: number
  path: string
  width: number | null
  height: number | null
}

export const countImages = (db: Database): number => Number(db.value('SELECT count(*) FROM media'))

export const imageIds = (db: Database): number[] => db.all<{ id: number }>('SELECT id FROM media').map((r) => r.id)

export const imagePlaces = (db: Database): ImagePlace[] => db.all('SELECT id, root_id AS root, path FROM media')

/** Like `imagePlaces`, as an iterator, without the images with these ids. */
export const imagePlacesExcept = (db: Database, ids: readonly number[]): Generator<{ root: number; path: string }> =>
  db.iterate('SELECT root_id AS root, path FROM media WHERE id NOT IN (SELECT value FROM json_each(?))', JSON.stringify(ids))

/** Every folder that contains an image, with a trailing slash; '' for the top of its root. */
export const imageFolders = (db: Database): Generator<{ root: number; path: string }> =>
  db.iterate(`SELECT DISTINCT root_id AS root, ${folderOf('')} AS path FROM media`)

export function imageById(db: Database, id: number): Media | null {
  const row = db.get<StoredRow>('SELECT * FROM media WHERE id = ?', id)
  return row ? toMedia(row) : null
}

/** The existing images among these ids, in id order. */
export const imagesById = (db: Database, ids: readonly number[]): Media[] =>
  db
    .all<StoredRow>('SELECT m.* FROM json_each(?) AS wanted CROSS JOIN media m ON m.id = wanted.value ORDER BY m.id', JSON.stringify(ids))
    .map(toMedia)

/** Images with this path: in one root or, if `rootId` is null, in any. */
export const imagesNamed = (db: Database, path: string, rootId: number | null): Media[] =>
  db
    .all<StoredRow>('SELECT * FROM media WHERE path = ?1 AND root_id IN (SELECT id FROM root WHERE ?2 IS NULL OR id = ?2)', path, rootId)
    .map(toMedia)

export const imageAt = (db: Database, rootId: number, path: string): number | undefined =>
  db.value<number>('SELECT id FROM media WHERE root_id = ? AND path = ?', rootId, path)

/** Whether an image with this path exists, ignoring case. */
export const isImageAt = (db: Database, rootId: number, path: string): boolean =>
  db.value('SELECT 1 FROM media WHERE root_id = ? AND path = ? COLLATE NOCASE', rootId, path) !== undefined

/** Up to `most` images directly in this folder (see `imageFolders`), not in subfolders. */
export const imagesInFolder = (db: Database, rootId: number, folder: string, most: number): ImageSize[] =>
  db.all(`SELECT id, path, width, height FROM media WHERE root_id = ? AND ${folderOf('')} = ? LIMIT ?`, rootId, folder, most)

export const imagePlace = (db: Database, id: number): { path: string; root: number } | undefined =>
  db.get('SELECT path, root_id AS root FROM media WHERE id = ?', id)

export const imageSize = (db: Database, id: number): Omit<ImageSize, 'id'> | undefined =>
  db.get('SELECT width, height, path FROM media WHERE id = ?', id)

export const imageSizes = (db: Database, ids: readonly number[]): ImageSize[] =>
  db.all('SELECT m.id, m.path, m.width, m.height FROM json_each(?) w CROSS JOIN media m ON m.id = w.value', JSON.stringify(ids))

export const imagePath = (db: Database, id: number): string | undefined => db.value<string>('SELECT path FROM media WHERE id = ?', id)

export const imagePaths = (db: Database, ids: readonly number[]): Map<number, string> =>
  new Map(
    db
      .all<{ id: number; path: string }>('SELECT id, path FROM media WHERE id IN (SELECT value FROM json_each(?))', JSON.stringify(ids))
      .map((r) => [r.id, r.path]),
  )
