/** The files of a database beside SQLite: what is put aside, what is given anew, and how one is opened that may not be written to. */
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

/** No lock lies on the log itself, so it can be opened and closed beside SQLite. */
export function putLogAside(file: string): void {
  const log = `${file}-wal`
  if (!existsSync(log) || statSync(log).size === 0) return
  copyFileSync(log, besideIn(file, 'backups', basename(log)))
  truncateSync(log)
}

/**
 * Files that were written over while this process had them open. The driver lets go of a file only some time after it was closed, and
 * until then SQLite would read the new content by the index of the old log: so it is opened as a file of its own.
 */
export const writtenOver = new Set<string>()

/** Gives a file's content to another file at its place; what this process may still hold of the old one has no part in it. */
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
