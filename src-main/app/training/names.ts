/** Names of runs and checkpoints, and the folders named after them. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { RunRecord } from '#shared/model/project.ts'
import { refuseMadeFrom } from '../../engine/weights/index.ts'
import { lstat } from '../../files/places.ts'
import { listRuns, type Project } from '../projects/index.ts'

/**
 * The folder of a checkpoint with this name: below `checkpoints`, never that folder or an ancestor, nor where another
 * run keeps its state (`NAME.run`). @throws a user error if the name is not usable as a folder name
 */
export function checkpointFolder(project: Project, name: string): string {
  const own = name.replace(/[^\p{L}\p{N}._=-]+/gu, '-')
  if (own.startsWith('.') || !/[\p{L}\p{N}]/u.test(own) || own.endsWith('.run')) throw userError(sentence('training.name', { name }))
  return path.join(project.folder, 'checkpoints', own)
}

/**
 * The name, followed by the first free number if it is taken by an existing or future checkpoint or by a foreign
 * folder.
 * @param madeFrom a source model with this name is refused rather than numbered
 * @param own the folder of a resumed run, which may already contain files
 */
export function freeName(project: Project, wanted: string, madeFrom: readonly string[] = [], own?: string): string {
  refuseMadeFrom(checkpointFolder(project, wanted), madeFrom)
  const busy = new Set(
    listRuns(project).flatMap((r) =>
      r.folder !== null && (r.status === 'running' || r.status === 'queued') ? [path.resolve(project.folder, r.folder)] : [],
    ),
  )
  return numbered(wanted, (name) => {
    const folder = checkpointFolder(project, name)
    return !busy.has(folder) && (folder === own || !isTaken(folder))
  })
}

/** Like `freeName`, and unused by any other run of the project, even a failed one. */
export function ownName(project: Project, wanted: string): string {
  const names = new Set(listRuns(project).map(nameOf))
  return numbered(wanted, (name) => !names.has(name) && freeName(project, name) === name)
}

/** The name, or the first free one of those that continue it by a number. */
export function numbered(wanted: string, isFree: (name: string) => boolean): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${wanted} ${n}`
    if (isFree(name)) return name
  }
}

/** A run's display name, whether or not it left a checkpoint. */
export function nameOf({ settings, folder, recipe, kind, id }: Pick<RunRecord, 'settings' | 'folder' | 'recipe' | 'kind' | 'id'>): string {
  const given = settings[kind === 'merge' ? 'label' : 'name']
  return typeof given === 'string' ? given : folder === null ? (recipe ?? id) : path.basename(folder)
}

/** Whether nothing is in the folder of a checkpoint of this name. @throws a user error as `checkpointFolder` */
export const isFreeName = (project: Project, name: string): boolean => !isTaken(checkpointFolder(project, name))

function isTaken(place: string): boolean {
  const info = lstat(place)
  return info !== undefined && !(info.isDirectory() && readdirSync(place).length === 0)
}
