/** A database's files, handled beside SQLite: setting them aside, renewing them, and opening one that may not be written to. */
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isWritable } from '../files/access.ts'

/** A folder that cannot be written to cannot hold SQLite's index of the log either; without a log the file is complete by itself. */
export function readOnlyUri(file: string): string {
  const url = pathToFileURL(file).href.replace('file://', 'file:')
  const log = `${file}-wal`
  const complete = !existsSync(log) || statSync(log).size === 0
  return `${url}?${complete && !isWritable(dirname(file)) ? 'immutable=1' : 'mode=ro'}`
}

/** SQLite takes no lock on the log itself, so the log can be opened and closed beside it. */
export function putLogAside(file: string): void {
  const log = `${file}-wal`
  if (!existsSync(log) || statSync(log).size === 0) return
  copyFileSync(log, besideIn(file, 'backups', basename(log)))
  truncateSync(log)
}

/**
 * Files that were overwritten while this process had them open. The driver releases a file only some time after it was closed; until
 * then SQLite would read the new content through the index of the old log. So it is opened again as a new file.
 */
export const writtenOver = new Set<string>()

/** Replaces a file by a copy of itself, which shares nothing with what this process may still hold of the old one. */
export function renew(file: string, endings: readonly string[] = ['-wal', '-shm']): void {
  if (!existsSync(file)) return
  for (const ending of endings) rmSync(file + ending, { force: true })
  copyFileSync(file, `${file}.part`)
  renameSync(`${file}.part`, file)
}

export function besideIn(file: string, folder: string, name: string, ending = ''): string {
  const target = join(dirname(file), folder, `${name}-${new Date().toISOString().replace(/[:.]/g, '-')}${ending}`)
  mkdirSync(dirname(target), { recursive: true })
  return target
}
