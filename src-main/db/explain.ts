/** Translates SQLite errors into messages for users. */
import { dirname } from 'node:path'
import { DashiError, dataError, userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { nearlyFull } from '../files/words.ts'

/** A constraint violation; the caller translates it into its own terms. */
export class ConstraintError extends Error {}

/** A SQLite error as a message naming the file; other errors are returned unchanged. */
export function explain(file: string, e: unknown): unknown {
  if (e instanceof DashiError || e instanceof ConstraintError || !(e instanceof Error)) return e
  const code = String('code' in e ? e.code : '')
  const is = (name: string) => code.startsWith(`SQLITE_${name}`)
  if (is('FULL') || (is('IOERR') && nearlyFull(dirname(file)))) return dataError(file, sentence('disk-full'), e)
  if (is('READONLY')) return dataError(file, sentence('project.read-only-file'), e)
  if (is('NOTADB')) return dataError(file, sentence('project.not-a-database'), e)
  if (is('CORRUPT')) return dataError(file, sentence('project.damaged'), e)
  if (is('BUSY') || is('LOCKED')) return userError(sentence('project.busy', { file }), e)
  if (is('IOERR')) return dataError(file, sentence('disk-error', { reason: e.message }), e)
  if (is('CANTOPEN') || /Unable to open connection/.test(e.message)) return dataError(file, sentence('project.not-opened'), e)
  if (is('CONSTRAINT')) return new ConstraintError(e.message, { cause: e })
  return e
}
