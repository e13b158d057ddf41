/** Migrates a database to the current schema, after copying an older one to backups/. */
import { closeSync, copyFileSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { dataError, saidBy } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { diskFull, inWords } from '../files/words.ts'
import type { Database } from './database.ts'
import { migrations, schemaVersion } from './schema.ts'

export type Migration = (typeof migrations)[number]

/**
 * @param keep whether to make a copy first; unnecessary if the file is itself a copy
 * @returns the path of the copy, if any
 * @throws dataError if a newer program wrote the database
 */
export function migrate(db: Database, steps: readonly Migration[] = migrations, keep = true): string | null {
  const target = steps.at(-1)!.version
  const version = Number(db.value('PRAGMA user_version') ?? 0)
  if (version > target) throw dataError(db.file, sentence('project.newer', { schema: version, known: target }))
  if (version === target) return null
  if (db.options.readOnly) throw dataError(db.file, sentence('project.older', { schema: version, known: target, folder: dirname(db.file) }))
  const saved = version > 0 && keep ? backup(db, version) : null
  for (const step of steps.filter((s) => s.version > version))
    db.transaction(() => {
      db.exec(step.sql)
      db.exec(`PRAGMA user_version = ${step.version}`)
    })
  return saved
}

/** Copies the whole database to backups/, atomically. */
export function backup(db: Database, version = schemaVersion): string {
  const folder = join(dirname(db.file), 'backups')
  const stamp = new Date().toISOString().replace(/[:.]/g, '-')
  const target = join(folder, `${basename(db.file, '.db')}-v${version}-${stamp}.db`)
  const beside = `${target}.part`
  let made: string | undefined
  try {
    made = mkdirSync(folder, { recursive: true })
    // The checkpoint empties the log into the main file; a write transaction prevents changes while it is copied.
    db.checkpoint()
    db.transaction(() => copyFileSync(db.file, beside))
    const fd = openSync(beside, 'r+')
    fsyncSync(fd)
    closeSync(fd)
    renameSync(beside, target)
  } catch (e) {
    if (existsSync(beside)) rmSync(beside)
    if (made !== undefined) rmdirSync(folder)
    throw dataError(target, sentence('project.no-backup', { reason: diskFull(e) ? 'no space left on the device' : saidBy(inWords(e)) }), e)
  }
  return target
}
