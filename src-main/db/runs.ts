/** Stored runs and checkpoints: facts about what was made, outside the journal. */
import { checkpointRecord, runRecord, type CheckpointRecord, type RunRecord } from '#shared/model/project.ts'
import type { StoredRow } from '#shared/model/journal.ts'
import { parseStored } from '#shared/model/text.ts'
import type { Database } from './database.ts'
import { decode } from './entities.ts'

const json = (v: StoredRow[string] | undefined): unknown => parseStored(String(v))
export const toRun = (r: StoredRow): RunRecord =>
  decode(runRecord, 'run', r, () => ({ ...r, settings: json(r['settings']), metrics: json(r['metrics']), datasetHash: r['dataset_hash'] }))
export const toCheckpoint = (r: StoredRow): CheckpointRecord =>
  decode(checkpointRecord, 'checkpoint', r, () => ({ ...r, runId: r['run_id'], metrics: json(r['metrics']) }))

export const addRun = (db: Database, r: RunRecord): void =>
  void db.run(
    `INSERT INTO run (id, kind, recipe, settings, dataset_hash, seq, status, metrics, folder, error, created, finished)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    r.id,
    r.kind,
    r.recipe,
    JSON.stringify(r.settings),
    r.datasetHash,
    r.seq,
    r.status,
    JSON.stringify(r.metrics),
    r.folder,
    r.error,
    r.created,
    r.finished,
  )

/** An existing run's inputs are not overwritten. */
export const storeRun = (db: Database, r: RunRecord): void =>
  void db.run(
    'UPDATE run SET status = ?, metrics = ?, folder = ?, error = ?, settings = ?, finished = ? WHERE id = ?',
    r.status,
    JSON.stringify(r.metrics),
    r.folder,
    r.error,
    JSON.stringify(r.settings),
    r.finished,
    r.id,
  )

export function runById(db: Database, id: string): RunRecord | null {
  const row = db.get('SELECT * FROM run WHERE id = ?', id)
  return row ? toRun(row) : null
}

/** Newest first; of one kind, or all. */
export const runs = (db: Database, kind: string | null): RunRecord[] =>
  db.all('SELECT * FROM run WHERE ?1 IS NULL OR kind = ?1 ORDER BY created DESC, rowid DESC', kind).map(toRun)

/** The folders of trainings that are done, and into which nothing was trained since. */
export const doneFolders = (db: Database): string[] =>
  db
    .all(
      `SELECT folder FROM run WHERE kind = 'train' AND status = 'done' AND folder IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM run later WHERE later.folder = run.folder AND later.rowid > run.rowid)`,
    )
    .map((row) => String(row['folder']))

export const countRuns = (db: Database): number => Number(db.value('SELECT count(*) FROM run'))
export const countCheckpoints = (db: Database): number => Number(db.value('SELECT count(*) FROM checkpoint'))

/** The id of the checkpoint in a folder; the first if there are several. */
export const checkpointIn = (db: Database, folder: string): string | undefined =>
  db.value<string>('SELECT id FROM checkpoint WHERE folder = ? ORDER BY created LIMIT 1', folder)

/** Inserts a checkpoint or updates the one with its id. */
export const putCheckpoint = (db: Database, c: CheckpointRecord): void =>
  void db.transaction(() =>
    db.run(
      `INSERT INTO checkpoint (id, name, kind, run_id, folder, metrics, created) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind, run_id = excluded.run_id, folder = excluded.folder,
         metrics = excluded.metrics, created = excluded.created`,
      c.id,
      c.name,
      c.kind,
      c.runId,
      c.folder,
      JSON.stringify(c.metrics),
      c.created,
    ),
  )

export const storeCheckpoint = (db: Database, c: CheckpointRecord): void =>
  void db.run('UPDATE checkpoint SET name = ?, metrics = ?, folder = ? WHERE id = ?', c.name, JSON.stringify(c.metrics), c.folder, c.id)

export function checkpointById(db: Database, id: string): CheckpointRecord | null {
  const row = db.get('SELECT * FROM checkpoint WHERE id = ?', id)
  return row ? toCheckpoint(row) : null
}

/** Newest first; of one run, or all. */
export const checkpoints = (db: Database, runId: string | null): CheckpointRecord[] =>
  db.all('SELECT * FROM checkpoint WHERE ?1 IS NULL OR run_id = ?1 ORDER BY created DESC, rowid DESC', runId).map(toCheckpoint)
