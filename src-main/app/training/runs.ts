/** Runs as shown in the window's table. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { RunEntry, RunProgress } from '#shared/contract/training.ts'
import type { RunRecord } from '#shared/model/project.ts'
import { noNote } from '#shared/model/run-note.ts'
import { runNotes } from '../../db/run-notes.ts'
import type { AppContext } from '../context.ts'
import { listCheckpoints, listRuns, type Project } from '../projects/index.ts'
import { modelsInBox } from './box.ts'
import { nameOf } from './names.ts'
import { requestOf, stopped } from './train.ts'

/** Resumed runs are shown as part of the latest run into the same folder: latest → earlier ones. */
export function resumedBy(runs: readonly RunRecord[]): ReadonlyMap<string, string[]> {
  const latest = new Map<string, string>()
  const earlier = new Map<string, string[]>()
  for (const run of runs) {
    if (run.kind !== 'train' || run.folder === null) continue
    const later = latest.get(run.folder)
    if (later === undefined) latest.set(run.folder, run.id)
    else if (stopped(run)) earlier.set(later, [...(earlier.get(later) ?? []), run.id])
  }
  return earlier
}

/**
 * The folder in which a stopped run would resume, if it is not yet a checkpoint of the project; null if it would
 * start over.
 */
export function goesOnIn(project: Project, run: RunRecord, checkpoints = listCheckpoints(project)): string | null {
  if (run.kind !== 'train' || !stopped(run) || run.folder === null || checkpoints.some((c) => c.folder === run.folder)) return null
  const folder = path.resolve(project.folder, run.folder)
  return existsSync(`${folder}.run`) ? folder : null
}

/** Newest first. @param latest the last progress of each running run */
export function listRunEntries(app: AppContext, project: Project, latest: ReadonlyMap<string, RunProgress>): RunEntry[] {
  const checkpoints = listCheckpoints(project)
  const left = new Map(checkpoints.map((c) => [c.runId, c]))
  const named = new Map(checkpoints.map((c) => [path.resolve(project.folder, c.folder), c.name]))
  const boxed = new Map(modelsInBox(app).map(({ name, dir }) => [path.resolve(dir), name]))
  const base = (run: RunRecord): string | null => {
    if (run.kind !== 'train') return null
    const { model } = requestOf(run)
    if (!model) return 'Nano'
    const folder = path.resolve(project.folder, model)
    return boxed.get(folder) ?? named.get(folder) ?? path.basename(folder)
  }
  const runs = listRuns(project)
  const notes = runNotes(project.db)
  const earlier = resumedBy(runs)
  const parts = new Set([...earlier.values()].flat())
  return runs
    .filter((run) => !parts.has(run.id))
    .map((run) => ({ run, said: notes.get(run.id) ?? noNote }))
    .map(({ run, said: { name, note, tags, pinned } }) => ({
      ...run,
      ...{ note, tags, pinned },
      name: name ?? left.get(run.id)?.name ?? nameOf(run),
      base: base(run),
      model: left.get(run.id)?.folder ?? null,
      resumable: goesOnIn(project, run, checkpoints) !== null,
      earlier: earlier.get(run.id) ?? [],
      progress: latest.get(run.id) ?? null,
    }))
}
