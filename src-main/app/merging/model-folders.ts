/**
 * Checkpoints outside projects: the folders in the settings, or their subfolders up to two levels deep
 * (`organisation/model`).
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { CONFIG_FILE } from '../../engine/weights/index.ts'

/** Limit on scanned folders, in case the root of a disk was configured. */
const most = 500
const looked = 5000

export interface OutsideModel {
  /** Path relative to the configured folder, with slashes. */
  readonly name: string
  readonly dir: string
}

const isCheckpoint = (dir: string) => existsSync(path.join(dir, CONFIG_FILE))

export function checkpointsIn(folders: readonly string[]): OutsideModel[] {
  const found = new Map<string, OutsideModel>()
  let left = looked
  const look = (dir: string, name: string, depth: number): void => {
    if (found.size >= most || --left < 0) return
    if (isCheckpoint(dir)) return void found.set(dir, { name: name || path.basename(dir), dir })
    if (depth === 2) return
    for (const below of subfolders(dir)) look(path.join(dir, below), name ? `${name}/${below}` : below, depth + 1)
  }
  for (const folder of folders) look(path.resolve(folder), '', 0)
  return [...found.values()]
}

function subfolders(dir: string): string[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
      .filter((e) => !e.name.startsWith('.') && (e.isDirectory() || e.isSymbolicLink()))
      .map((e) => e.name)
      .sort((a, b) => a.localeCompare(b, undefined, { numeric: true }))
  } catch {
    return [] // missing, on an unmounted disk, or a link to a file
  }
}

/** Resolves a model name within the configured folders; an existing path is returned as given. */
export function resolveModel(given: string, folders: readonly string[]): string {
  if (existsSync(given) || path.isAbsolute(given) || /^\.\.?([\\/]|$)/.test(given)) return given
  for (const folder of folders) {
    const dir = path.join(folder, given)
    if (isCheckpoint(dir)) return dir
  }
  const named = checkpointsIn(folders).filter((m) => m.name === given || m.name.endsWith(`/${given}`))
  if (named.length > 1) throw userError(sentence('merging.several-models', { name: given, folders: named.map((m) => m.dir).join(', ') }))
  return named[0]?.dir ?? given
}

/** Throws if a newly added entry is not a folder; an existing entry may be on an unmounted disk. */
export function checkModelFolders(folders: readonly string[], before: readonly string[]): void {
  folders.forEach((folder, i) => {
    const refuse = (why: 'twice' | 'absolute' | 'no-folder' | 'is-file') =>
      userError(sentence('settings.model-folder', { i, folder, problem: sentence(`settings.${why}`) }))
    if (folders.indexOf(folder) !== i) throw refuse('twice')
    if (before.includes(folder)) return
    if (!path.isAbsolute(folder)) throw refuse('absolute')
    const info = statSync(folder, { throwIfNoEntry: false })
    if (!info) throw refuse('no-folder')
    if (!info.isDirectory()) throw refuse('is-file')
  })
}
