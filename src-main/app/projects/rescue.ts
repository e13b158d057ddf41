/** Saves the content of an open project after its file was replaced or removed, as a new project. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { dataError, userError, saidBy } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { checkDatabase } from '../../db/check.ts'
import { Database } from '../../db/database.ts'
import { roots, setRootPath } from '../../db/roots.ts'

/** What is left of a project after its file was lost. */
interface Left {
  readonly folder: string
  readonly db: Database
}

/** Databases whose content was copied after their file was replaced. */
export const rescued = new WeakSet<Database>()

/**
 * Copies every acknowledged edit. Images are not copied; the new project refers to them in place. The folder must be
 * missing or empty, and is left empty if copying fails.
 */
export function rescueCopy(project: Left, folder: string): string {
  const target = resolve(folder)
  const fresh = !existsSync(target)
  if (!fresh && (!statSync(target).isDirectory() || readdirSync(target).length > 0))
    throw userError(sentence('folder-not-empty', { folder: target }))
  const file = join(target, 'project.db')
  try {
    mkdirSync(target, { recursive: true })
    if (project.db.kept) copyFileSync(project.db.kept, file)
    else if (project.db.replaced?.how === 'overwritten') throw dataError(project.db.file, sentence('project.overwritten'))
    else project.db.copyTo(file)
    const copy = new Database(file)
    try {
      for (const { id, path } of roots(copy)) if (!isAbsolute(path)) setRootPath(copy, id, resolve(project.folder, path))
      const problem = checkDatabase(copy, false)[0]
      if (problem) throw dataError(project.db.file, sentence('project.not-copied', { reason: problem.message }))
    } finally {
      copy.close()
    }
    rescued.add(project.db)
    writeFileSync(join(target, 'project.dashi'), 'The folder of this file is a project of Dashi.\n')
    return target
  } catch (e) {
    for (const name of ['project.db', 'project.db-wal', 'project.db-shm', 'project.dashi']) rmSync(join(target, name), { force: true })
    if (fresh && existsSync(target)) rmdirSync(target)
    if (e instanceof Error && e.name === 'DashiError') throw e
    throw dataError(target, sentence('project.copy-failed', { reason: saidBy(e) }), e)
  }
}

/**
 * An automatic copy before the last connection to the lost file closes: next to the project, or else in the temporary
 * folder.
 * @returns its folder; null if no copy could be made
 */
export function rescueBeside(project: Left): string | null {
  const name = `${basename(project.folder)}-rescued-${new Date().toISOString().replace(/[:.]/g, '-')}`
  for (const parent of [dirname(project.folder), tmpdir()])
    try {
      return rescueCopy(project, join(parent, name))
    } catch {
      // try the next place
    }
  return null
}
