/** The key-value table of a project's metadata. */
import type { Database } from './database.ts'

/** A plain key, or a kind with its subject, e.g. `links:3`. */
export type MetaKey = 'id' | 'name' | 'created' | 'first' | 'scale' | 'tally' | `${'links' | 'missing'}:${number}`

export const metaValue = (db: Database, key: MetaKey): string | undefined => db.value<string>('SELECT value FROM meta WHERE key = ?', key)

/** Whether the key exists, even with an unreadable value. */
export const hasMeta = (db: Database, key: MetaKey): boolean => db.value('SELECT 1 FROM meta WHERE key = ?', key) !== undefined

/** All values of a kind, by full key. */
export const metaOfKind = (db: Database, kind: 'links' | 'missing'): { key: `${typeof kind}:${number}`; value: string }[] =>
  db.all('SELECT key, value FROM meta WHERE key >= ? AND key < ?', `${kind}:`, `${kind};`) // ';' follows ':'

export const setMeta = (db: Database, key: MetaKey, value: string): void =>
  void db.run('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)', key, value)

/** Sets the value only if the key has none. */
export const addMeta = (db: Database, key: MetaKey, value: string): void =>
  void db.run('INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)', key, value)

export const removeMeta = (db: Database, key: MetaKey): void => void db.run('DELETE FROM meta WHERE key = ?', key)
