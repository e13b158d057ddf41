/** What an error of SQLite means to a person. */
import { dirname } from 'node:path'
import { DashiError, dataError, userError } from '#shared/errors.ts'
import { nearlyFull } from '../files/words.ts'

/** A row that the schema does not allow; whoever wrote it says in its own words what that means. */
export class ConstraintError extends Error {}

/** An error of SQLite in a person's words, naming the file; what is none of its errors comes back as it is. */
export function explain(file: string, e: unknown): unknown {
  if (e instanceof DashiError || e instanceof ConstraintError || !(e instanceof Error)) return e
  const code = String('code' in e ? e.code : '')
  const is = (name: string) => code.startsWith(`SQLITE_${name}`)
  if (is('FULL') || (is('IOERR') && nearlyFull(dirname(file))))
    return dataError(file, 'no space left on the device; nothing was changed', e)
  if (is('READONLY')) return dataError(file, 'cannot be written to (read-only file or folder); nothing was changed', e)
  if (is('NOTADB')) return dataError(file, 'is not a project database', e)
  if (is('CORRUPT')) return dataError(file, 'is damaged; `project check` says where, backups lie beside it in backups/', e)
  if (is('BUSY') || is('LOCKED')) return userError(`${file}: another process is writing to it; try again`, e)
  if (is('IOERR')) return dataError(file, `the disk reported an error (${e.message}); nothing was changed`, e)
  if (is('CANTOPEN') || /Unable to open connection/.test(e.message)) return dataError(file, 'cannot be opened', e)
  if (is('CONSTRAINT')) return new ConstraintError(e.message, { cause: e })
  return e
}
