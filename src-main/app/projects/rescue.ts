/** What an open project holds after its file was replaced or removed: written to a folder of its own, as a project that can be opened. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { dataError, errorLine, userError } from '#shared/errors.ts'
import { checkDatabase } from '../../db/check.ts'
import { Database } from '../../db/database.ts'
import { roots, setRootPath } from '../../db/roots.ts'

/** As much of a project as is left after its file went. */
interface Left {
  readonly folder: string
  readonly db: Database
}

/** Databases whose content was copied after their file was replaced. */
export const rescued = new WeakSet<Database>()

/**
 * Everything that the project acknowledged. Images stay where they are: the copy refers to them there. The folder must not exist, or
 * be empty; nothing is left in it where the copy fails.
 */
export function rescueCopy(project: Left, folder: string): string {
  const target = resolve(folder)
  const fresh = !existsSync(target)
  if (!fresh && (!statSync(target).isDirectory() || readdirSync(target).length > 0)) throw userError(`${target}: is not an empty folder`)
  const file = join(target, 'project.db')
  try {
    mkdirSync(target, { recursive: true })
    if (project.db.kept) copyFileSync(project.db.kept, file)
    else if (project.db.replaced?.how === 'overwritten')
      throw dataError(project.db.file, 'was written over, so that only the log of what was open is left, in backups/')
    else project.db.copyTo(file)
    const copy = new Database(file)
    try {
      for (const { id, path } of roots(copy)) if (!isAbsolute(path)) setRootPath(copy, id, resolve(project.folder, path))
      const problem = checkDatabase(copy, false)[0]
      if (problem) throw dataError(project.db.file, `what was open cannot be copied any more (${problem.message})`)
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
    throw dataError(target, `the copy could not be written (${errorLine(e)})`, e)
  }
}

/** A copy that nobody asked for, beside the project or else among the temporary files, before the last connection to what was open goes. Null where it failed. */
export function rescueBeside(project: Left): string | null {
  const name = `${basename(project.folder)}-rescued-${new Date().toISOString().replace(/[:.]/g, '-')}`
  for (const parent of [dirname(project.folder), tmpdir()])
    try {
      return rescueCopy(project, join(parent, name))
    } catch {
      // the next place
    }
  return null
}
