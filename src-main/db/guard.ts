/**
 * Reads values that anybody may have written. The driver aborts the whole process on text that is not UTF-8, and
 * truncates text at its first NUL. So text that is long or not plain ASCII is selected as bytes and decoded here; a
 * value that cannot be decoded is an error naming its row.
 */
import { isUtf8 } from 'node:buffer'
import type Libsql from 'libsql'

/** Text longer than this many bytes is faster to transfer as bytes than to scan in SQL. */
const long = 2000

/** A condition on text: contains NUL or non-ASCII characters. */
const notPlain = (c: string) => `length(${c}) <> octet_length(${c}) OR ${c} GLOB '*[^'||char(1)||'-'||char(127)||']*'`

/** Text is returned as is or as bytes; a blob as an empty array, which text never is. */
const expression = (c: string) => `CASE typeof(${c})
  WHEN 'text' THEN CASE WHEN octet_length(${c}) > ${long} OR ${notPlain(c)} THEN CAST(${c} AS BLOB) ELSE ${c} END
  WHEN 'blob' THEN zeroblob(0) ELSE ${c} END`

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

/** What an unreadable column contains. */
export type Unreadable = 'bytes that are no UTF-8' | 'bytes where text or a number belongs'

export interface Guarded {
  statement: Libsql.Statement
  /** The origin of each column, as far as SQLite knows: name → table and column. */
  origins: Map<string, { table: string | null; column: string | null }>
  /** Replaces bytes with their text; calls `fail` if they are not text. */
  decode(row: Record<string, unknown>, fail: (name: string, what: Unreadable) => never): void
}

const plain = (row: Record<string, unknown>) => void row

/** Prepares a statement whose rows can be read whatever they contain. */
export function guardedStatement(connection: Libsql.Database, sql: string): Guarded {
  const statement = connection.prepare(sql)
  if (!/^\s*(?:SELECT|WITH)\b/i.test(sql)) return { statement, origins: new Map(), decode: plain }
  const columns = statement.columns()
  const origins = new Map(columns.map((c) => [c.name, { table: c.table, column: c.column }]))
  // A row id is always a number, whatever was written.
  const names = columns
    .filter((c) => !(c.column === 'id' && c.type === 'INTEGER' && c.table !== null && !/\bUNION\b/i.test(sql)))
    .map((c) => c.name)
  if (names.length === 0) return { statement, origins, decode: plain }
  const guarded = new Set(names)
  const list = columns.map((c, i) => `${guarded.has(c.name) ? expression(`c${i}`) : `c${i}`} AS ${quoted(c.name)}`).join(', ')
  // Computed columns must be evaluated only once: an inner limit and an outer condition keep SQLite from flattening
  // the query.
  const computed = columns.some((c) => c.column === null)
  const from = computed ? `(SELECT * FROM dashi_guarded LIMIT -1) WHERE typeof(c0) <> ''` : 'dashi_guarded'
  return {
    statement: connection.prepare(
      `WITH dashi_guarded(${columns.map((_, i) => `c${i}`).join(', ')}) AS (${sql}) SELECT ${list} FROM ${from}`,
    ),
    origins,
    decode(row, fail) {
      for (const name of names) {
        const value = row[name]
        if (typeof value !== 'object' || value === null) continue
        const bytes = Buffer.from(value as ArrayBuffer)
        if (bytes.length === 0) fail(name, 'bytes where text or a number belongs')
        if (!isUtf8(bytes)) fail(name, 'bytes that are no UTF-8')
        row[name] = bytes.toString('utf8')
      }
    },
  }
}

/** A row's name in messages: its id, if selected. */
export function rowName(row: Record<string, unknown>): string | null {
  const id = row['id'] ?? row['seq'] ?? row['key']
  return typeof id === 'number' ? String(id) : null
}

/** The first row of a table with an unreadable value in the column. */
export function firstUnreadable(connection: Libsql.Database, table: string, column: string): string | null {
  for (const { name } of unreadableRows(connection, table, column)) return name
  return null
}

export interface UnreadableRow {
  name: string
  what: Unreadable
}

/** Every row of a table with an unreadable value in the column, by row id, or by key if there is none. */
export function* unreadableRows(connection: Pick<Libsql.Database, 'prepare'>, table: string, column: string): Generator<UnreadableRow> {
  const key = connection
    .prepare('SELECT name FROM pragma_table_info(?) WHERE pk = 1 AND (SELECT wr FROM pragma_table_list WHERE name = ?1) = 1')
    .get([table]) as { name: string } | undefined
  const c = quoted(column)
  const rows = connection
    .prepare(
      `SELECT CAST(${key ? quoted(key.name) : 'rowid'} AS BLOB) AS id, typeof(${c}) AS kind, CAST(${c} AS BLOB) AS bytes
       FROM ${quoted(table)} WHERE typeof(${c}) = 'blob' OR (typeof(${c}) = 'text' AND (${notPlain(c)}))`,
    )
    .iterate([]) as IterableIterator<{ id: ArrayBuffer; kind: string; bytes: ArrayBuffer }>
  for (const { id, kind, bytes } of rows) {
    const name = Buffer.from(id).toString()
    if (kind === 'blob') yield { name, what: 'bytes where text or a number belongs' }
    else if (!isUtf8(Buffer.from(bytes))) yield { name, what: 'bytes that are no UTF-8' }
  }
}
