/**
 * A temporary table on disk, for formats that scatter the parts of one image: rows in, grouped by key out, in
 * constant memory.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Database, type Value } from './database.ts'

export interface SpoolRow {
  value: unknown
  line: number
}

export class Spool {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'dashi-'))
  private readonly db: Database
  private indexed = false
  private buffer: Value[] = []

  constructor() {
    this.db = new Database(path.join(this.folder, 'spool.db'))
    this.db.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
      CREATE TABLE item (n INTEGER PRIMARY KEY, kind TEXT, key TEXT, id TEXT, line INTEGER, value TEXT); BEGIN`)
  }

  /** `id` is only used to find duplicates. */
  put(kind: string, key: string, value: unknown, line = 0, id: string | null = null): void {
    this.buffer.push(kind, key, id, line, JSON.stringify(value))
    if (this.buffer.length === 5 * 100) this.flush()
  }

  private flush(): void {
    const insert = (rows: number, values: Value[]) =>
      this.db.run(`INSERT INTO item (kind, key, id, line, value) VALUES ${Array(rows).fill('(?,?,?,?,?)').join(',')}`, ...values)
    if (this.buffer.length === 5 * 100) insert(100, this.buffer)
    else for (let i = 0; i < this.buffer.length; i += 5) insert(1, this.buffer.slice(i, i + 5))
    this.buffer = []
  }

  private index(): void {
    this.flush()
    if (this.indexed) return
    this.db.exec('COMMIT; CREATE INDEX item_key ON item (kind, key)')
    this.indexed = true
  }

  /** In insertion order. */
  *all(kind: string): Generator<SpoolRow & { key: string }> {
    this.index()
    for (const r of this.pages<{ n: number; key: string; line: number; value: string }>(
      'SELECT n, key, line, value FROM item WHERE kind = ? AND n > ? ORDER BY n LIMIT 200',
      kind,
    ))
      yield { key: r.key, line: r.line, value: JSON.parse(r.value) }
  }

  /** Each key once, in order of first appearance. */
  *keys(kind: string): Generator<string> {
    this.index()
    this.db.exec('CREATE TABLE IF NOT EXISTS first (n INTEGER PRIMARY KEY, kind TEXT, key TEXT)')
    this.db.run('INSERT OR IGNORE INTO first SELECT min(n), kind, key FROM item WHERE kind = ? GROUP BY key', kind)
    for (const r of this.pages<{ n: number; key: string }>('SELECT n, key FROM first WHERE kind = ? AND n > ? ORDER BY n LIMIT 1000', kind))
      yield r.key
  }

  /** Reads in pages, which is several times faster than row by row. */
  private *pages<R extends { n: number }>(sql: string, kind: string): Generator<R> {
    for (let after = 0; ;) {
      const rows = this.db.all<R>(sql, kind, after)
      if (rows.length === 0) return
      yield* rows
      after = rows.at(-1)!.n
    }
  }

  of(kind: string, key: string): SpoolRow[] {
    this.index()
    return this.db
      .all<{ line: number; value: string }>('SELECT line, value FROM item WHERE kind = ? AND key = ? ORDER BY n', kind, key)
      .map((r) => ({ line: r.line, value: JSON.parse(r.value) }))
  }

  /** Rows whose key does not occur among the rows of the other kind. */
  *orphans(kind: string, of: string): Generator<{ key: string; line: number }> {
    this.index()
    yield* this.db.iterate<{ key: string; line: number }>(
      'SELECT key, line FROM item a WHERE kind = ? AND NOT EXISTS (SELECT 1 FROM item b WHERE b.kind = ? AND b.key = a.key) ORDER BY n',
      kind,
      of,
    )
  }

  /** Ids that occur more than once within a kind, with the line of the second occurrence. */
  *duplicates(kind: string): Generator<{ id: string; line: number }> {
    this.index()
    yield* this.db.iterate<{ id: string; line: number }>(
      'SELECT id, max(line) AS line FROM item WHERE kind = ? AND id IS NOT NULL GROUP BY id HAVING count(*) > 1 ORDER BY min(n)',
      kind,
    )
  }

  close(): void {
    this.db.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
