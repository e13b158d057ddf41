/** One SQLite connection: pragmas, prepared statements, transactions, and errors as one clear line. */
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import Libsql from 'libsql'
import { DashiError, dataError, userError } from '#shared/errors.ts'
import { diskFull, nearlyFull } from '../files/words.ts'

export type Value = string | number | null
export type Row = Record<string, Value>

export interface OpenOptions {
  readOnly?: boolean
}

/**
 * WAL lets readers go on beside the one writer. synchronous=FULL syncs the log at every commit, so that an edit is durable when
 * the call returns, against kill -9 and against a power cut; measured at about half a millisecond on an SSD, well within
 * the 10 ms an edit may take. The log is cut back to 64 MB after a bulk import.
 */
const pragmas = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = ON;
  PRAGMA busy_timeout = 5000;
  PRAGMA cache_size = -65536;
  PRAGMA temp_store = MEMORY;
  PRAGMA journal_size_limit = 67108864;
`

export class Database {
  private readonly connection: Libsql.Database
  private readonly statements = new Map<string, Libsql.Statement>()
  private readonly onRollback: (() => void)[] = []

  constructor(
    readonly file: string,
    readonly options: OpenOptions = {},
  ) {
    this.connection = this.guard(() => new Libsql(options.readOnly ? readOnlyUri(file) : file))
    this.guard(() => this.connection.exec(options.readOnly ? 'PRAGMA busy_timeout = 5000; PRAGMA query_only = ON; PRAGMA cache_size = -65536' : pragmas))
  }

  /** Runs several statements; no parameters. */
  exec(sql: string): void {
    this.guard(() => this.connection.exec(sql))
  }

  run(sql: string, ...params: Value[]): { changes: number; lastId: number } {
    return this.guard(() => {
      const done = this.prepare(sql).run(params)
      return { changes: done.changes, lastId: Number(done.lastInsertRowid) }
    })
  }

  all<R = Row>(sql: string, ...params: Value[]): R[] {
    return this.guard(() => this.prepare(sql).all(params) as R[])
  }

  /** The first row. */
  get<R = Row>(sql: string, ...params: Value[]): R | undefined {
    return this.all<R>(sql, ...params)[0]
  }

  /** The first column of the first row. */
  value<V extends Value = Value>(sql: string, ...params: Value[]): V | undefined {
    const row = this.get(sql, ...params)
    return row && (Object.values(row)[0] as V)
  }

  /** Row by row, with a statement of its own, so that others may run meanwhile. */
  *iterate<R = Row>(sql: string, ...params: Value[]): Generator<R> {
    const statement = this.guard(() => this.connection.prepare(sql))
    yield* statement.iterate(params) as IterableIterator<R>
  }

  /** All or nothing; a transaction inside another is part of it. */
  transaction<T>(body: () => T): T {
    if (this.connection.inTransaction) return body()
    if (this.options.readOnly) throw userError(`${this.file}: opened read-only, so it cannot be changed`)
    this.exec('BEGIN IMMEDIATE')
    try {
      const result = body()
      this.exec('COMMIT')
      return result
    } catch (e) {
      // SQLite rolls back by itself on some errors (a full disk).
      if (this.connection.inTransaction) this.connection.exec('ROLLBACK')
      for (const undo of this.onRollback) undo()
      throw e
    }
  }

  /** Caches that must not outlive a rollback register here. */
  whenRolledBack(forget: () => void): void {
    this.onRollback.push(forget)
  }

  close(): void {
    if (!this.connection.open) return
    try {
      // Everything into the main file: a project is then one file that can be copied.
      if (!this.options.readOnly) this.connection.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch (e) {
      // On a full disk the log stays beside the file, complete: whoever opens it next goes on from there.
      if (!diskFull(explain(this.file, e))) throw explain(this.file, e)
    } finally {
      this.statements.clear()
      this.connection.close()
    }
  }

  private prepare(sql: string): Libsql.Statement {
    let statement = this.statements.get(sql)
    if (!statement) {
      if (this.statements.size >= 500) this.statements.clear()
      this.statements.set(sql, (statement = this.connection.prepare(sql)))
    }
    return statement
  }

  private guard<T>(body: () => T): T {
    try {
      return body()
    } catch (e) {
      throw explain(this.file, e)
    }
  }
}

/** A folder that cannot be written to cannot hold SQLite's index of the log either; without a log the file is complete by itself. */
function readOnlyUri(file: string): string {
  const url = pathToFileURL(file).href.replace('file://', 'file:')
  const log = `${file}-wal`
  const complete = !existsSync(log) || statSync(log).size === 0
  return `${url}?${complete && !writable(dirname(file)) ? 'immutable=1' : 'mode=ro'}`
}

function writable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

export class ConstraintError extends Error {}

function explain(file: string, e: unknown): unknown {
  if (e instanceof DashiError || e instanceof ConstraintError || !(e instanceof Error)) return e
  const code = String('code' in e ? e.code : '')
  const is = (name: string) => code.startsWith(`SQLITE_${name}`)
  if (is('FULL') || (is('IOERR') && nearlyFull(dirname(file)))) return dataError(file, 'no space left on the device; nothing was changed', e)
  if (is('READONLY')) return dataError(file, 'cannot be written to (read-only file or folder); nothing was changed', e)
  if (is('NOTADB')) return dataError(file, 'is not a project database', e)
  if (is('CORRUPT')) return dataError(file, 'is damaged; `project check` says where, backups lie beside it in backups/', e)
  if (is('BUSY') || is('LOCKED')) return userError(`${file}: another process is writing to it; try again`, e)
  if (is('IOERR')) return dataError(file, `the disk reported an error (${e.message}); nothing was changed`, e)
  if (is('CANTOPEN') || /Unable to open connection/.test(e.message)) return dataError(file, 'cannot be opened', e)
  if (is('CONSTRAINT')) return new ConstraintError(e.message, { cause: e })
  return e
}
