/** Deleting runs: what would go, and doing it. */
import { readdirSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import type { RunsRemoval } from '#shared/contract/runs.ts'
import type { CheckpointRecord, RunRecord } from '#shared/model/project.ts'
import { annotationsBy, removeRun, runNotes } from '../../db/run-notes.ts'
import { findRecord } from '../../engine/weights/index.ts'
import { isWithin, lstat } from '../../files/places.ts'
import { listCheckpoints, listRuns, type Project } from '../projects/index.ts'
import { nameOf } from './names.ts'
import { removeRunFolder, runFolder } from './run-log.ts'
import { resumedBy } from './runs.ts'

interface Going {
  readonly runs: readonly RunRecord[]
  readonly checkpoints: readonly CheckpointRecord[]
  /** Folders that are the runs' own: below the project's `checkpoints`, and of no run that stays. */
  readonly folders: readonly string[]
  readonly removal: RunsRemoval
}

function going(project: Project, runIds: readonly string[]): Going {
  const all = listRuns(project)
  const earlier = resumedBy(all)
  const asked = new Set(runIds.flatMap((id) => [id, ...(earlier.get(id) ?? [])]))
  const notes = runNotes(project.db)
  const called = (r: RunRecord) => notes.get(r.id)?.name ?? nameOf(r)
  const isActive = (r: RunRecord) => r.status === 'running' || r.status === 'queued'
  const runs = all.filter((r) => asked.has(r.id) && !isActive(r))
  const gone = new Set(runs.map((r) => r.id))
  const checkpoints = listCheckpoints(project).filter((c) => c.runId !== null && gone.has(c.runId))
  const staying = all.filter((r) => !gone.has(r.id))
  const place = (folder: string) => path.resolve(project.folder, folder)
  const kept = new Set(staying.flatMap((r) => (r.folder === null ? [] : [place(r.folder)])))
  const own = path.join(project.folder, 'checkpoints')
  const outs = new Set([...runs.flatMap((r) => r.folder ?? []), ...checkpoints.map((c) => c.folder)].map(place))
  const folders = [...outs].filter((f) => f !== own && isWithin(f, [own]) && !kept.has(f)).flatMap((f) => [f, `${f}.run`])
  const deleted = new Set(checkpoints.map((c) => place(c.folder)))
  return {
    runs,
    checkpoints,
    folders,
    removal: {
      checkpoints: checkpoints.map((c) => c.name),
      bytes: [...folders, ...runs.map((r) => runFolder(project, r.id))].reduce((n, f) => n + bytesOf(f), 0),
      usedBy: staying.filter((r) => sourcesOf(project, r).some((s) => deleted.has(s))).map((r) => ({ name: called(r), kind: r.kind })),
      annotations: annotationsBy(
        project.db,
        checkpoints.map((c) => `checkpoint:${c.id}`),
      ),
      active: all.filter((r) => asked.has(r.id) && isActive(r)).map(called),
    },
  }
}

/** Where a run's model, or a soup's ingredients, are. */
function sourcesOf(project: Project, run: RunRecord): string[] {
  const { model, checkpoints } = run.settings
  const named = [model, ...(Array.isArray(checkpoints) ? checkpoints : [])].filter((s): s is string => typeof s === 'string')
  const merged = run.kind === 'merge' && run.folder !== null ? findRecord(path.resolve(project.folder, run.folder))?.merge : undefined
  return [...named, ...(merged?.ingredients.map((i) => i.path) ?? [])].map((s) => path.resolve(project.folder, s))
}

function bytesOf(place: string): number {
  const info = lstat(place)
  if (!info) return 0
  if (!info.isDirectory()) return info.isFile() ? statSync(place).size : 0
  return readdirSync(place).reduce((n, name) => n + bytesOf(path.join(place, name)), 0)
}

export const runsRemoval = (project: Project, runIds: readonly string[]): RunsRemoval => going(project, runIds).removal

/** Deletes runs that have ended, with their checkpoints and their own files. */
export function deleteRuns(project: Project, runIds: readonly string[]): RunsRemoval {
  const { runs, folders, removal } = going(project, runIds)
  project.db.transaction(() => {
    for (const r of runs) removeRun(project.db, r.id)
  })
  // Entries go first: files that remain after a crash are no run's, but a run without its files would be broken.
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  for (const r of runs) removeRunFolder(project, r.id)
  return removal
}
