/** The root folders of a project's images. */
import type { Root } from '#shared/model/media.ts'
import type { Database } from './database.ts'

/** Paths as stored: relative to the project's folder if inside it. */
export const roots = (db: Database): Root[] => db.all<{ id: number; path: string }>('SELECT id, path FROM root ORDER BY id')

export const rootAt = (db: Database, path: string): number | undefined => db.value<number>('SELECT id FROM root WHERE path = ?', path)

/** Not journalled: used for a copy of the project in another place. */
export const setRootPath = (db: Database, id: number, path: string): void => void db.run('UPDATE root SET path = ? WHERE id = ?', path, id)
