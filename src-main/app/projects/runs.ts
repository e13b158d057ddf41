/** What was made from the data: runs and checkpoints, each traceable to the dataset it saw. */
import { randomUUID } from 'node:crypto'
import { userError } from '#shared/errors.ts'
import { checkpointRecord, runRecord, type CheckpointRecord, type RunRecord } from '#shared/model/project.ts'
import type { StoredRow } from '#shared/model/journal.ts'
import { parseStored } from '#shared/model/text.ts'
import { datasetHash } from '../../db/digest.ts'
import { decode } from '../../db/entities.ts'
import { position } from '../../db/journal.ts'
import { takeOverJobs } from '../../db/queue.ts'
import type { Project } from './project.ts'

type NewRun = Pick<RunRecord, 'kind'> & Partial<Pick<RunRecord, 'id' | 'recipe' | 'settings' | 'folder' | 'status'>>

/** Registers a run with the dataset's hash and journal position of this moment. */
export function startRun({ db }: Project, run: NewRun): RunRecord {
  return db.transaction(() => {
    const r = runRecord.parse({
      id: run.id ?? randomUUID(),
      kind: run.kind,
      recipe: run.recipe ?? null,
      settings: run.settings ?? {},
      datasetHash: datasetHash(db),
      seq: position(db),
      status: run.status ?? 'running',
      metrics: {},
      folder: run.folder ?? null,
      error: null,
      created: Date.now(),
      finished: null,
    })
    db.run(
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
    return r
  })
}

/** A status other than queued or running also notes the time. */
export function updateRun(
  project: Project,
  id: string,
  patch: Partial<Pick<RunRecord, 'status' | 'metrics' | 'folder' | 'error' | 'settings'>>,
): RunRecord {
  const { db } = project
  return db.transaction(() => {
    const old = getRun(project, id)
    const ended = patch.status !== undefined && patch.status !== 'running' && patch.status !== 'queued'
    const r = runRecord.parse({ ...old, ...patch, finished: ended ? Date.now() : old.finished })
    db.run(
      'UPDATE run SET status = ?, metrics = ?, folder = ?, error = ?, settings = ?, finished = ? WHERE id = ?',
      r.status,
      JSON.stringify(r.metrics),
      r.folder,
      r.error,
      JSON.stringify(r.settings),
      r.finished,
      id,
    )
    return r
  })
}

/** What was at work when the process before ended is interrupted. For whoever holds the project's lock and carries nothing out yet. */
export const closeInterrupted = ({ db }: Project): void => takeOverJobs(db)

export function getRun({ db }: Project, id: string): RunRecord {
  const row = db.get('SELECT * FROM run WHERE id = ?', id)
  if (!row) throw userError(`no run has the id ${id}`)
  return toRun(row)
}

/** The newest first. */
export const listRuns = ({ db }: Project, kind?: string): RunRecord[] =>
  db.all('SELECT * FROM run WHERE ?1 IS NULL OR kind = ?1 ORDER BY created DESC, rowid DESC', kind ?? null).map(toRun)

type NewCheckpoint = Pick<CheckpointRecord, 'name' | 'kind' | 'folder'> & Partial<Pick<CheckpointRecord, 'id' | 'runId' | 'metrics'>>

/** A folder is one checkpoint: written again, its record is brought up to date and keeps its id. */
export function addCheckpoint({ db }: Project, checkpoint: NewCheckpoint): CheckpointRecord {
  const known =
    checkpoint.id === undefined
      ? db.value<string>('SELECT id FROM checkpoint WHERE folder = ? ORDER BY created LIMIT 1', checkpoint.folder)
      : undefined
  const c = checkpointRecord.parse({
    id: checkpoint.id ?? known ?? randomUUID(),
    name: checkpoint.name,
    kind: checkpoint.kind,
    runId: checkpoint.runId ?? null,
    folder: checkpoint.folder,
    metrics: checkpoint.metrics ?? {},
    created: Date.now(),
  })
  db.transaction(() =>
    db.run(
      `INSERT INTO checkpoint (id, name, kind, run_id, folder, metrics, created) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind, run_id = excluded.run_id, folder = excluded.folder, metrics = excluded.metrics, created = excluded.created`,
      c.id,
      c.name,
      c.kind,
      c.runId,
      c.folder,
      JSON.stringify(c.metrics),
      c.created,
    ),
  )
  return c
}

export function updateCheckpoint(
  project: Project,
  id: string,
  patch: Partial<Pick<CheckpointRecord, 'name' | 'metrics' | 'folder'>>,
): CheckpointRecord {
  const { db } = project
  return db.transaction(() => {
    const c = checkpointRecord.parse({ ...getCheckpoint(project, id), ...patch })
    db.run('UPDATE checkpoint SET name = ?, metrics = ?, folder = ? WHERE id = ?', c.name, JSON.stringify(c.metrics), c.folder, id)
    return c
  })
}

export function getCheckpoint({ db }: Project, id: string): CheckpointRecord {
  const row = db.get('SELECT * FROM checkpoint WHERE id = ?', id)
  if (!row) throw userError(`no checkpoint has the id ${id}`)
  return toCheckpoint(row)
}

export const listCheckpoints = ({ db }: Project, runId?: string): CheckpointRecord[] =>
  db.all('SELECT * FROM checkpoint WHERE ?1 IS NULL OR run_id = ?1 ORDER BY created DESC, rowid DESC', runId ?? null).map(toCheckpoint)

const json = (v: StoredRow[string] | undefined): unknown => parseStored(String(v))
export const toRun = (r: StoredRow): RunRecord =>
  decode(runRecord, 'run', r, () => ({ ...r, settings: json(r['settings']), metrics: json(r['metrics']), datasetHash: r['dataset_hash'] }))
export const toCheckpoint = (r: StoredRow): CheckpointRecord =>
  decode(checkpointRecord, 'checkpoint', r, () => ({ ...r, runId: r['run_id'], metrics: json(r['metrics']) }))
