/** One SQLite connection: pragmas, prepared statements, transactions, and errors as one clear sentence. */
import { existsSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import type Libsql from 'libsql'
import { DashiError, dataError, replacedError, userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { diskFull } from '../files/words.ts'
import { besideIn, putLogAside, readOnlyUri, renew, writtenOver } from './aside.ts'
import { explain } from './explain.ts'
import { firstUnreadable, guardedStatement, rowName, unreadableRows, type Guarded, type Unreadable, type UnreadableRow } from './guard.ts'
import { connect } from './libsql.ts'
import { careful, reading, writing } from './pragmas.ts'
import { checkShape } from './shape.ts'
import { Presence, replacementLine, type Replacement } from './presence.ts'

export { ConstraintError } from './explain.ts'

export type Value = string | number | null
export type Row = Record<string, Value>

export interface OpenOptions {
  readOnly?: boolean
  /** Detect when another program removes or replaces the file. */
  watched?: boolean
  /**
   * Checks whether a copy of the database is consistent. Called after a watched file was overwritten; without it no
   * copy is trusted.
   */
  isSound?: (file: string) => boolean
  /** Another connection of this process was opened first and checkpoints the log. */
  shared?: boolean
}

export class Database {
  private readonly connection: Libsql.Database
  private readonly statements = new Map<string, Guarded>()
  private readonly onRollback: (() => void)[] = []
  private readonly onCommit: (() => void)[] = []
  /** Whether a log existed next to the file before opening, which creates one. */
  readonly foundLog: boolean
  /** Only for a watched file opened for writing; a reader has nothing to lose. */
  private readonly presence: Presence | null

  constructor(
    readonly file: string,
    readonly options: OpenOptions = {},
  ) {
    if (writtenOver.delete(file)) renew(file)
    this.foundLog = existsSync(`${file}-wal`)
    this.connection = this.guard(() => connect(options.readOnly ? readOnlyUri(file) : file))
    this.guard(() => this.connection.exec(careful))
    this.guard(() => this.connection.exec(options.readOnly ? reading : writing))
    this.presence = options.watched && !options.readOnly ? new Presence(file, () => this.value('PRAGMA data_version')) : null
    if (options.shared) this.accompanied() // the other connection holds the lock
  }

  /** What happened to the file, once it is no longer the one that was opened; from then on nothing is written. */
  get replaced(): Replacement | null {
    return this.presence?.replaced ?? null
  }

  get identity(): string | null {
    return this.presence?.identity ?? null
  }

  /** The file with a copy of content that would otherwise be lost. */
  kept: string | null = null

  /** Checks now whether the file was replaced; for callers with nothing to write. */
  look(): Replacement | null {
    if (!this.presence || !this.connection.open || this.connection.inTransaction) return this.replaced
    if (this.presence.look()) this.settleReplaced()
    return this.replaced
  }

  /** Throws if the file is no longer the one that was opened. */
  ensurePresent(): void {
    if (this.look()) throw replacedError(replacementLine(this.replaced!))
  }

  /** Another thread of this process has the file open until `settled` is called. */
  accompanied(): void {
    if (this.presence) this.presence.company++
  }

  /** The other thread has ended: the file's current state is its work. */
  settled(): void {
    if (this.presence && this.presence.company > 0) this.presence.company--
    if (this.connection.open) this.presence?.accept()
  }

  /** Another connection of this process detected that the file was replaced. */
  lost(): void {
    if (!this.look()) this.presence?.lose()
  }

  /** Writes the log back into the file; false if other readers prevented it. */
  checkpoint(): boolean {
    this.presence?.ensure()
    const [row] = this.all<{ busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)')
    this.presence?.committed()
    return row?.busy === 0
  }

  /** Writes the whole content, as this connection sees it, to a new file. */
  copyTo(target: string): void {
    this.guard(() => this.connection.prepare('VACUUM INTO ?').run([target]))
  }

  /**
   * A log left next to a file that it does not belong to would be applied to that file on the next open. So it is
   * checkpointed into the file that was open, wherever that is now; if that same file has other content, the log is
   * moved to backups/.
   */
  private secure({ how }: Replacement): void {
    try {
      if (how === 'overwritten') {
        this.keep()
        if (this.kept && this.presence!.sameSize && this.options.isSound?.(this.kept)) {
          // Only its time changed: every acknowledged edit is there when read from disk again.
          rmSync(this.kept)
          this.kept = null
          this.secured = false
          this.presence!.forgive()
        } else putLogAside(this.file)
      } else this.connection.exec('PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA busy_timeout = 5000')
    } catch {
      // Nothing more can be done; the edit is refused in any case.
    }
  }

  /** Copies whatever can still be read of an overwritten file. The caller must check that the copy is sound. */
  private keep(): void {
    const target = besideIn(this.file, 'backups', `${basename(this.file, '.db')}-before-it-was-written-over`, '.db')
    try {
      this.connection.exec('PRAGMA shrink_memory') // cached pages do not reflect the file's current content
      this.copyTo(target)
      this.kept = target
    } catch {
      rmSync(target, { force: true })
    }
  }

  /** Refuses a write if the file is not the one that was opened, and acknowledges it only if it still is afterwards. */
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

  /** Runs several statements without parameters. */
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

  /** The first row, if any. */
  get<R = Row>(sql: string, ...params: Value[]): R | undefined {
    return this.all<R>(sql, ...params)[0]
  }

  /** The first column of the first row. */
  value<V extends Value = Value>(sql: string, ...params: Value[]): V | undefined {
    const row = this.get(sql, ...params)
    return row && (Object.values(row)[0] as V)
  }

  /** Iterates over rows with a separate statement, so that other statements may run in between. */
  *iterate<R = Row>(sql: string, ...params: Value[]): Generator<R> {
    const { statement, decode, origins } = this.guard(() => guardedStatement(this.connection, sql))
    const rows = this.guard(() => statement.iterate(params)) as IterableIterator<Record<string, unknown>>
    for (let next = this.guard(() => rows.next()); !next.done; next = this.guard(() => rows.next())) {
      decode(next.value, this.failing(next.value, origins))
      yield next.value as R
    }
  }

  /** The rows of a table in which a column cannot be read: their ids or keys, and what the column contains. */
  unreadable(table: string, column: string): UnreadableRow[] {
    return this.guard(() => [...unreadableRows(this.connection, table, column)])
  }

  /** Throws if the project's tables differ from the schema; `strict`: also if there is anything besides them. */
  checkShape(strict: boolean): void {
    this.guard(() => checkShape(this.file, this.connection, strict))
  }

  /** All or nothing; a nested transaction is part of the outer one. */
  transaction<T>(body: () => T): T {
    if (this.connection.inTransaction) return body()
    if (this.options.readOnly) throw userError(sentence('project.read-only', { file: this.file }))
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
      // SQLite rolls back by itself on some errors (e.g. a full disk).
      if (this.connection.inTransaction) this.connection.exec('ROLLBACK')
      this.rolledBack()
      throw e
    }
  }

  /** `note` is called after each write to a watched file, before it is acknowledged. */
  whenCommitted(note: () => void): void {
    this.onCommit.push(note)
  }

  /** Registers a callback for caches that must not outlive a rollback. */
  whenRolledBack(forget: () => void): void {
    this.onRollback.push(forget)
  }

  rolledBack(): void {
    for (const forget of this.onRollback) forget()
  }

  close(): void {
    if (!this.connection.open) return
    try {
      this.look()
      if (this.replaced?.how === 'overwritten') writtenOver.add(this.file)
      // Moves everything into the main file, so that a project can be copied as one file.
      if (!this.options.readOnly && !this.options.shared && !this.replaced) this.connection.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch (e) {
      // On a full disk the log stays, complete, and the next connection reads it.
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

  /** Identifies the unreadable row: by its id if that was selected, else as the first such row of the table. */
  private failing(row: Record<string, unknown>, origins: Guarded['origins']) {
    return (name: string, what: Unreadable): never => {
      const { table, column } = origins.get(name) ?? {}
      const where = table && column ? `${table} ${rowName(row) ?? firstUnreadable(this.connection, table, column) ?? ''}`.trim() : 'a row'
      throw dataError(this.file, sentence('row.unreadable', { row: where, column: column ?? name, what }))
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
