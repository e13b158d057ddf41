/** One SQLite connection: pragmas, prepared statements, transactions, and errors as one clear line. */
import { existsSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import Libsql from 'libsql'
import { DashiError, dataError, replacedError, userError } from '#shared/errors.ts'
import { diskFull } from '../files/words.ts'
import { besideIn, putLogAside, readOnlyUri, renew, writtenOver } from './aside.ts'
import { explain } from './explain.ts'
import { firstUnreadable, guardedStatement, rowName, unreadableRows, type Guarded, type Unreadable, type UnreadableRow } from './guard.ts'
import { careful, reading, writing } from './pragmas.ts'
import { checkShape } from './shape.ts'
import { Presence, replacementLine, type Replacement } from './presence.ts'

export { ConstraintError } from './explain.ts'

export type Value = string | number | null
export type Row = Record<string, Value>

export interface OpenOptions {
  readOnly?: boolean
  /** The file is a person's: it is noticed where another program takes it away or puts another in its place. */
  watched?: boolean
  /** Whether a copy of the database holds together. Asked after a watched file was written over; without it no copy is trusted. */
  isSound?: (file: string) => boolean
  /** Another connection of this process is the project's first, and brings the log back into the file. */
  shared?: boolean
}

export class Database {
  private readonly connection: Libsql.Database
  private readonly statements = new Map<string, Guarded>()
  private readonly onRollback: (() => void)[] = []
  private readonly onCommit: (() => void)[] = []
  /** Whether a log lay beside the file before it was opened, which makes one. */
  readonly foundLog: boolean
  /** Of a watched file; a connection that only reads has nothing to lose. */
  private readonly presence: Presence | null

  constructor(
    readonly file: string,
    readonly options: OpenOptions = {},
  ) {
    if (writtenOver.delete(file)) renew(file)
    this.foundLog = existsSync(`${file}-wal`)
    this.connection = this.guard(() => new Libsql(options.readOnly ? readOnlyUri(file) : file))
    this.guard(() => this.connection.exec(careful))
    this.guard(() => this.connection.exec(options.readOnly ? reading : writing))
    this.presence = options.watched && !options.readOnly ? new Presence(file, () => this.value('PRAGMA data_version')) : null
    if (options.shared) this.accompanied() // by the connection that holds the lock
  }

  /** What became of the file, where it is no longer the one that was opened; nothing is written to it then. */
  get replaced(): Replacement | null {
    return this.presence?.replaced ?? null
  }

  get identity(): string | null {
    return this.presence?.identity ?? null
  }

  /** Where what was open is kept that lies nowhere else any more. */
  kept: string | null = null

  /** Looks now, for those who have nothing to write. */
  look(): Replacement | null {
    if (!this.presence || !this.connection.open || this.connection.inTransaction) return this.replaced
    if (this.presence.look()) this.settleReplaced()
    return this.replaced
  }

  /** Throws where the file is no longer the one that was opened. */
  ensurePresent(): void {
    if (this.look()) throw replacedError(replacementLine(this.replaced!))
  }

  /** Another thread of this process opens the file, until `settled` is called. */
  accompanied(): void {
    if (this.presence) this.presence.company++
  }

  /** It has ended: what the file looks like now is its work. */
  settled(): void {
    if (this.presence && this.presence.company > 0) this.presence.company--
    if (this.connection.open) this.presence?.accept()
  }

  /** Another connection of this process found that the file was replaced. */
  lost(): void {
    if (!this.look()) this.presence?.lose()
  }

  /** Brings the log back into the file; false where others read from it meanwhile. */
  checkpoint(): boolean {
    this.presence?.ensure()
    const [row] = this.all<{ busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)')
    this.presence?.committed()
    return row?.busy === 0
  }

  /** The whole content, as this connection sees it, as a new file. */
  copyTo(target: string): void {
    this.guard(() => this.connection.prepare('VACUUM INTO ?').run([target]))
  }

  /**
   * The log that is left beside a file that it does not belong to would be read into it by whoever opens it next. So it goes into the
   * file that was open, if that is still there, wherever; and where another content lies in that very file, it is put aside in backups/.
   */
  private secure({ how }: Replacement): void {
    try {
      if (how === 'overwritten') {
        this.keep()
        if (this.kept && this.presence!.sameSize && this.options.isSound?.(this.kept)) {
          // Only its time changed: all that was acknowledged is there, read from the disk anew.
          rmSync(this.kept)
          this.kept = null
          this.secured = false
          this.presence!.forgive()
        } else putLogAside(this.file)
      } else this.connection.exec('PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA busy_timeout = 5000')
    } catch {
      // What can be done was done; the edit is refused in any case.
    }
  }

  /** A copy of what can still be read of a file that was written over; whether it holds together, who copies it further has to look. */
  private keep(): void {
    const target = besideIn(this.file, 'backups', `${basename(this.file, '.db')}-before-it-was-written-over`, '.db')
    try {
      this.connection.exec('PRAGMA shrink_memory') // what is remembered of the file says nothing of what it is now
      this.copyTo(target)
      this.kept = target
    } catch {
      rmSync(target, { force: true })
    }
  }

  /** A write is refused where the file is not the one that was opened, and is acknowledged only if it still is when it is done. */
  private watched<T>(body: () => T): T {
    if (!this.presence || this.connection.inTransaction) return body()
    this.ensurePresent()
    try {
      const result = body()
      this.presence.committed()
      for (const note of this.onCommit) note()
      return result
    } catch (e) {
      if (e instanceof DashiError && e.fault === 'replaced') this.settleReplaced()
      throw e
    }
  }

  private secured = false
  private settleReplaced(): void {
    if (this.secured || !this.replaced || this.connection.inTransaction) return
    this.secured = true
    this.secure(this.replaced)
  }

  /** Runs several statements; no parameters. */
  exec(sql: string): void {
    this.watched(() => this.guard(() => this.connection.exec(sql)))
  }

  run(sql: string, ...params: Value[]): { changes: number; lastId: number } {
    return this.watched(() =>
      this.guard(() => {
        const done = this.prepare(sql).statement.run(params)
        return { changes: done.changes, lastId: Number(done.lastInsertRowid) }
      }),
    )
  }

  all<R = Row>(sql: string, ...params: Value[]): R[] {
    return this.guard(() => {
      const { statement, decode, origins } = this.prepare(sql)
      const rows = statement.all(params) as Record<string, unknown>[]
      for (const row of rows) decode(row, this.failing(row, origins))
      return rows as R[]
    })
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
    const { statement, decode, origins } = this.guard(() => guardedStatement(this.connection, sql))
    const rows = this.guard(() => statement.iterate(params)) as IterableIterator<Record<string, unknown>>
    for (let next = this.guard(() => rows.next()); !next.done; next = this.guard(() => rows.next())) {
      decode(next.value, this.failing(next.value, origins))
      yield next.value as R
    }
  }

  /** The rows of a table whose column cannot be read: their ids or keys, and what is there. */
  unreadable(table: string, column: string): UnreadableRow[] {
    return this.guard(() => [...unreadableRows(this.connection, table, column)])
  }

  /** Throws where the file holds anything but the tables of a project; `strict`: besides them, too. */
  checkShape(strict: boolean): void {
    this.guard(() => checkShape(this.file, this.connection, strict))
  }

  /** All or nothing; a transaction inside another is part of it. */
  transaction<T>(body: () => T): T {
    if (this.connection.inTransaction) return body()
    if (this.options.readOnly) throw userError(`${this.file}: opened read-only, so it cannot be changed`)
    return this.watched(() => this.atomically(body))
  }

  private atomically<T>(body: () => T): T {
    this.guard(() => this.connection.exec('BEGIN IMMEDIATE'))
    try {
      const result = body()
      this.presence?.ensure()
      this.guard(() => this.connection.exec('COMMIT'))
      return result
    } catch (e) {
      // SQLite rolls back by itself on some errors (a full disk).
      if (this.connection.inTransaction) this.connection.exec('ROLLBACK')
      for (const undo of this.onRollback) undo()
      throw e
    }
  }

  /** Called after each write of a watched file that is going to be acknowledged. */
  whenCommitted(note: () => void): void {
    this.onCommit.push(note)
  }

  /** Caches that must not outlive a rollback register here. */
  whenRolledBack(forget: () => void): void {
    this.onRollback.push(forget)
  }

  close(): void {
    if (!this.connection.open) return
    try {
      this.look()
      if (this.replaced?.how === 'overwritten') writtenOver.add(this.file)
      // Everything into the main file: a project is then one file that can be copied.
      if (!this.options.readOnly && !this.options.shared && !this.replaced) this.connection.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch (e) {
      // On a full disk the log stays beside the file, complete: whoever opens it next goes on from there.
      if (!diskFull(explain(this.file, e))) throw explain(this.file, e)
    } finally {
      this.statements.clear()
      this.connection.close()
    }
  }

  private prepare(sql: string): Guarded {
    let statement = this.statements.get(sql)
    if (!statement) {
      if (this.statements.size >= 500) this.statements.clear()
      this.statements.set(sql, (statement = guardedStatement(this.connection, sql)))
    }
    return statement
  }

  /** Says which row cannot be read: by the id that was asked for with it, or else the first one of its table that cannot. */
  private failing(row: Record<string, unknown>, origins: Guarded['origins']) {
    return (name: string, what: Unreadable): never => {
      const { table, column } = origins.get(name) ?? {}
      const where = table && column ? `${table} ${rowName(row) ?? firstUnreadable(this.connection, table, column) ?? ''}`.trim() : 'a row'
      throw dataError(this.file, `${where}: ${column ?? name}: holds ${what}; \`project check\` lists all such rows`)
    }
  }

  private guard<T>(body: () => T): T {
    try {
      return body()
    } catch (e) {
      throw explain(this.file, e)
    }
  }
}
