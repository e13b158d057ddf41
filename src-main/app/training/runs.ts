/** Runs as the table shows them. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { RunEntry, RunProgress } from '#shared/contract/rooms.ts'
import type { RunRecord } from '#shared/model/project.ts'
import type { AppContext } from '../context.ts'
import { listCheckpoints, listRuns, type Project } from '../projects/index.ts'
import { requestOf, stopped } from './train.ts'

/** What a run is called, whether it left a checkpoint or not. */
const nameOf = ({ settings, folder, recipe, kind, id }: RunRecord): string => {
  const given = settings[kind === 'merge' ? 'label' : 'name']
  return typeof given === 'string' ? given : folder === null ? (recipe ?? id) : path.basename(folder)
}

/** Where a run that was stopped would go on; null where it would begin anew. What it has written there is no checkpoint of the project yet. */
export function goesOnIn(project: Project, run: RunRecord, checkpoints = listCheckpoints(project)): string | null {
  if (run.kind !== 'train' || !stopped(run) || run.folder === null || checkpoints.some((c) => c.folder === run.folder)) return null
  const folder = path.resolve(project.folder, run.folder)
  return existsSync(`${folder}.run`) ? folder : null
}

/** The newest first. `latest`: what those that run now told last. */
export function listRunEntries(app: AppContext, project: Project, latest: ReadonlyMap<string, RunProgress>): RunEntry[] {
  const checkpoints = listCheckpoints(project)
  const left = new Map(checkpoints.map((c) => [c.runId, c]))
  const named = new Map(checkpoints.map((c) => [path.resolve(project.folder, c.folder), c.name]))
  const base = (run: RunRecord): string | null => {
    if (run.kind !== 'train') return null
    const { model } = requestOf(run)
    if (model === undefined) return 'Nano'
    const folder = path.resolve(project.folder, model)
    return folder === path.resolve(app.nano) ? 'Nano' : (named.get(folder) ?? path.basename(folder))
  }
  return listRuns(project).map((run) => ({
    ...run,
    name: left.get(run.id)?.name ?? nameOf(run),
    base: base(run),
    model: left.get(run.id)?.folder ?? null,
    resumable: goesOnIn(project, run, checkpoints) !== null,
    progress: latest.get(run.id) ?? null,
  }))
}
