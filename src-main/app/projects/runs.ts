/** Runs and checkpoints, each traceable to the dataset it saw. */
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { userError } from '#shared/errors.ts'
import { checkpointRecord, runRecord, type CheckpointRecord, type RunRecord } from '#shared/model/project.ts'
import { sentence } from '#shared/sentences/table.ts'
import { datasetHash } from '../../db/digest.ts'
import { position } from '../../db/journal.ts'
import { type TakeOver, takeOverJobs } from '../../db/queue.ts'
import {
  addRun,
  checkpointById,
  checkpointIn,
  checkpoints,
  doneFolders,
  putCheckpoint,
  runById,
  runs,
  storeCheckpoint,
  storeRun,
} from '../../db/runs.ts'
import { forgetState } from '../../engine/jobs/index.ts'
import type { Project } from './project.ts'
import { collectSoups } from './unentered.ts'

type NewRun = Pick<RunRecord, 'kind'> & Partial<Pick<RunRecord, 'id' | 'recipe' | 'settings' | 'folder' | 'status'>>

/** Registers a run with the dataset's current hash and journal position. */
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
    addRun(db, r)
    return r
  })
}

/** Any status other than queued or running also records the time. */
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
    storeRun(db, r)
    return r
  })
}

/**
 * Marks jobs that the previous process was running as interrupted, and removes the states of trainings whose checkpoint it had
 * entered, and soups that it had not entered. Call with the project's lock held and before starting jobs.
 */
export function closeInterrupted(project: Project, how: TakeOver = {}): void {
  const { db, folder } = project
  takeOverJobs(db, how)
  for (const done of doneFolders(db)) forgetState(path.resolve(folder, done))
  collectSoups(project)
}

export function getRun({ db }: Project, id: string): RunRecord {
  const run = runById(db, id)
  if (!run) throw userError(sentence('run.none', { id }))
  return run
}

/** Newest first. */
export const listRuns = ({ db }: Project, kind?: string): RunRecord[] => runs(db, kind ?? null)

type NewCheckpoint = Pick<CheckpointRecord, 'name' | 'kind' | 'folder'> & Partial<Pick<CheckpointRecord, 'id' | 'runId' | 'metrics'>>

/** A folder is one checkpoint: writing to it again updates the record, which keeps its id. */
export function addCheckpoint({ db }: Project, checkpoint: NewCheckpoint): CheckpointRecord {
  const known = checkpoint.id === undefined ? checkpointIn(db, checkpoint.folder) : undefined
  const c = checkpointRecord.parse({
    id: checkpoint.id ?? known ?? randomUUID(),
    name: checkpoint.name,
    kind: checkpoint.kind,
    runId: checkpoint.runId ?? null,
    folder: checkpoint.folder,
    metrics: checkpoint.metrics ?? {},
    created: Date.now(),
  })
  putCheckpoint(db, c)
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
    storeCheckpoint(db, c)
    return c
  })
}

export function getCheckpoint({ db }: Project, id: string): CheckpointRecord {
  const checkpoint = checkpointById(db, id)
  if (!checkpoint) throw userError(sentence('checkpoint.none', { id }))
  return checkpoint
}

export const listCheckpoints = ({ db }: Project, runId?: string): CheckpointRecord[] => checkpoints(db, runId ?? null)
