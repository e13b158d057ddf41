/** What a project's database says of itself, by key. */
import type { Database } from './database.ts'

/** A name of its own, or a kind with what it is of, as in `links:3`. */
export type MetaKey = 'id' | 'name' | 'created' | 'first' | 'scale' | 'tally' | `${'links' | 'missing'}:${number}`

export const metaValue = (db: Database, key: MetaKey): string | undefined => db.value<string>('SELECT value FROM meta WHERE key = ?', key)

/** Whether there is one, whatever it is: a value that cannot be read is there too. */
export const hasMeta = (db: Database, key: MetaKey): boolean => db.value('SELECT 1 FROM meta WHERE key = ?', key) !== undefined

/** Every value of a kind, by its whole key. */
export const metaOfKind = (db: Database, kind: 'links' | 'missing'): { key: `${typeof kind}:${number}`; value: string }[] =>
  db.all('SELECT key, value FROM meta WHERE key >= ? AND key < ?', `${kind}:`, `${kind};`) // ';' follows ':'

export const setMeta = (db: Database, key: MetaKey, value: string): void =>
  void db.run('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)', key, value)

/** Only where the key has no value yet. */
export const addMeta = (db: Database, key: MetaKey, value: string): void =>
  void db.run('INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)', key, value)

export const removeMeta = (db: Database, key: MetaKey): void => void db.run('DELETE FROM meta WHERE key = ?', key)
