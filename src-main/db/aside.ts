/**
 * Handles a database's files outside SQLite: setting them aside, replacing them, and opening a file that is not
 * writable.
 */
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isWritable } from '../files/access.ts'

/**
 * In a folder that is not writable, SQLite cannot create the log's index; without a log, the file is complete by
 * itself.
 */
export function readOnlyUri(file: string): string {
  const url = pathToFileURL(file).href.replace('file://', 'file:')
  const log = `${file}-wal`
  const complete = !existsSync(log) || statSync(log).size === 0
  return `${url}?${complete && !isWritable(dirname(file)) ? 'immutable=1' : 'mode=ro'}`
}

/** SQLite does not lock the log itself, so it can be opened and closed independently. */
export function putLogAside(file: string): void {
  const log = `${file}-wal`
  if (!existsSync(log) || statSync(log).size === 0) return
  copyFileSync(log, besideIn(file, 'backups', basename(log)))
  truncateSync(log)
}

/**
 * Files that were overwritten while this process had them open. The driver releases a file only some time after
 * closing it; until then SQLite would read the new content through the old log's index. So such a file is reopened as
 * a new copy.
 */
export const writtenOver = new Set<string>()

/**
 * Replaces a file with a copy of itself, which shares no state with handles that this process may still hold on the
 * old one.
 */
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
