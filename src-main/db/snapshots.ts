/** Named positions of the journal. */
import { z } from 'zod'
import { snapshot, type Snapshot } from '#shared/model/project.ts'
import type { Database } from './database.ts'

const select = 'SELECT name, seq, dataset_hash AS datasetHash, by_name AS "by", at FROM snapshot'

/** Sorted by position. */
export const snapshots = (db: Database): Snapshot[] => z.array(snapshot).parse(db.all(`${select} ORDER BY seq, name`))

export const snapshotNames = (db: Database): string[] =>
  db.all<{ name: string }>('SELECT name FROM snapshot ORDER BY seq, name').map((s) => s.name)

export function snapshotNamed(db: Database, name: string): Snapshot | null {
  const row = db.get(`${select} WHERE name = ?`, name)
  return row ? snapshot.parse(row) : null
}

export const addSnapshot = (db: Database, s: Snapshot): void =>
  void db.run(
    'INSERT INTO snapshot (name, seq, dataset_hash, by_name, at) VALUES (?, ?, ?, ?, ?)',
    s.name,
    s.seq,
    s.datasetHash,
    s.by,
    s.at,
  )

/** False if there is none with this name. */
export const dropSnapshot = (db: Database, name: string): boolean =>
  db.transaction(() => db.run('DELETE FROM snapshot WHERE name = ?', name).changes) > 0
