/** One SQLite connection: pragmas, prepared statements, transactions, and errors as one clear line. */
import { existsSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import Libsql from 'libsql'
import { DashiError, dataError, replacedError, userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
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
  /** Notice when another program removes or replaces the file. */
  watched?: boolean
  /** Whether a copy of the database holds together. Asked after a watched file was written over; without it no copy is trusted. */
  isSound?: (file: string) => boolean
  /** Another connection of this process was first, and checkpoints the log. */
  shared?: boolean
}

export class Database {
  private readonly connection: Libsql.Database
  private readonly statements = new Map<string, Guarded>()
  private readonly onRollback: (() => void)[] = []
  private readonly onCommit: (() => void)[] = []
  /** Whether a log lay beside the file before it was opened; opening makes one. */
  readonly foundLog: boolean
  /** Only of a watched file opened for writing; a reader has nothing to lose. */
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

  /** What happened to the file, once it is no longer the one that was opened; nothing is written to it from then on. */
  get replaced(): Replacement | null {
    return this.presence?.replaced ?? null
  }

  get identity(): string | null {
    return this.presence?.identity ?? null
  }

  /** The file that holds a copy of the lost content, where that exists nowhere else. */
  kept: string | null = null

  /** Looks now whether the file was replaced; for callers that have nothing to write. */
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

  /** The other thread has ended: the file as it is now is its work. */
  settled(): void {
    if (this.presence && this.presence.company > 0) this.presence.company--
    if (this.connection.open) this.presence?.accept()
  }

  /** Another connection of this process found that the file was replaced. */
  lost(): void {
    if (!this.look()) this.presence?.lose()
  }

  /** Writes the log back into the file; false where other readers prevented it. */
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
   * A log left beside a file it does not belong to would be read into that file by whoever opens it next. So it is checkpointed into
   * the file that was open, wherever that is now; where that very file has other content, the log is moved to backups/.
   */
  private secure({ how }: Replacement): void {
    try {
      if (how === 'overwritten') {
        this.keep()
        if (this.kept && this.presence!.sameSize && this.options.isSound?.(this.kept)) {
          // Only its time changed: every acknowledged edit is there when read from the disk again.
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

  /** Copies what can still be read of an overwritten file. Whoever uses the copy has to check that it is sound. */
  private keep(): void {
    const target = besideIn(this.file, 'backups', `${basename(this.file, '.db')}-before-it-was-written-over`, '.db')
    try {
      this.connection.exec('PRAGMA shrink_memory') // cached pages say nothing about the file as it is now
      this.copyTo(target)
      this.kept = target
    } catch {
      rmSync(target, { force: true })
    }
  }

  /** A write is refused where the file is not the one that was opened, and acknowledged only if it still is afterwards. */
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

  /** The first row. */
  get<R = Row>(sql: string, ...params: Value[]): R | undefined {
    return this.all<R>(sql, ...params)[0]
  }

  /** The first column of the first row. */
  value<V extends Value = Value>(sql: string, ...params: Value[]): V | undefined {
    const row = this.get(sql, ...params)
    return row && (Object.values(row)[0] as V)
  }

  /** Row by row, with a statement of its own, so that other statements may run in between. */
  *iterate<R = Row>(sql: string, ...params: Value[]): Generator<R> {
    const { statement, decode, origins } = this.guard(() => guardedStatement(this.connection, sql))
    const rows = this.guard(() => statement.iterate(params)) as IterableIterator<Record<string, unknown>>
    for (let next = this.guard(() => rows.next()); !next.done; next = this.guard(() => rows.next())) {
      decode(next.value, this.failing(next.value, origins))
      yield next.value as R
    }
  }

  /** The rows of a table in which a column cannot be read: their ids or keys, and what the column holds. */
  unreadable(table: string, column: string): UnreadableRow[] {
    return this.guard(() => [...unreadableRows(this.connection, table, column)])
  }

  /** Throws where the project's tables are not as the schema makes them; `strict`: also where there is anything beside them. */
  checkShape(strict: boolean): void {
    this.guard(() => checkShape(this.file, this.connection, strict))
  }

  /** All or nothing; a transaction inside another is part of it. */
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
      // SQLite rolls back by itself on some errors (a full disk).
      if (this.connection.inTransaction) this.connection.exec('ROLLBACK')
      for (const undo of this.onRollback) undo()
      throw e
    }
  }

  /** `note` is called after each write to a watched file, before it is acknowledged. */
  whenCommitted(note: () => void): void {
    this.onCommit.push(note)
  }

  /** For caches that must not outlive a rollback. */
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
      // On a full disk the log stays beside the file, complete, and the next connection reads it.
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

  /** Names the row that cannot be read: by its id if that was selected, or else the first such row of the table. */
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
