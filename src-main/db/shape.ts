/**
 * The expected shape of a project's database, derived from the schema, and checks of files from elsewhere against it.
 */
import type Libsql from 'libsql'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { connect } from './libsql.ts'
import { migrations, schemaVersion } from './schema.ts'

interface Item {
  type: string
  name: string
  table: string
  sql: string | null
}

const select = 'SELECT type, CAST(name AS BLOB) AS name, CAST(tbl_name AS BLOB) AS tbl, CAST(sql AS BLOB) AS sql FROM main.sqlite_master'
const text = (bytes: unknown) => (bytes instanceof ArrayBuffer ? Buffer.from(bytes).toString() : null)

/** Read as bytes, because nothing in the file is trusted yet. */
export function itemsOf(connection: Pick<Libsql.Database, 'prepare'>): Item[] {
  const rows = connection.prepare(select).all([]) as { type: string; name: unknown; tbl: unknown; sql: unknown }[]
  return rows.map((r) => ({ type: r.type, name: text(r.name) ?? '', table: text(r.tbl) ?? '', sql: text(r.sql) }))
}

const made = new Map<number, Map<string, Item>>()
/** The schema items of a version, by name. */
function itemsAt(version: number): Map<string, Item> {
  let items = made.get(version)
  if (!items) {
    const db = connect(':memory:')
    for (const step of migrations) if (step.version <= version) db.exec(step.sql)
    made.set(version, (items = new Map(itemsOf(db).map((i) => [i.name, i]))))
    db.close()
  }
  return items
}

/** Tables of the current schema with their columns, except those of the full-text index. */
export function ownTables(): { name: string; columns: string[] }[] {
  const db = connect(':memory:')
  for (const step of migrations) db.exec(step.sql)
  const names = [...itemsAt(schemaVersion).values()]
    .filter((i) => i.type === 'table' && !/^(?:caption_text|sqlite_)/.test(i.name))
    .map((i) => i.name)
  const tables = names.map((name) => ({
    name,
    columns: (db.prepare('SELECT name FROM pragma_table_info(?)').all([name]) as { name: string }[]).map((c) => c.name),
  }))
  db.close()
  return tables
}

const plain = (sql: string | null) =>
  (sql ?? '')
    .replace(/--[^\n]*/g, '')
    .replace(/\s+/g, ' ')
    .trim()
/** Items that SQLite adds by itself: statistics, and indices implied by a table's definition. */
const added = ({ name }: Item) => /^sqlite_(?:stat\d|autoindex_.*|sequence)$/.test(name)

/**
 * Throws if one of our tables is not the plain table of the schema, or if a trigger is attached: views, generated
 * columns and virtual tables can compute without end. `strict`: nothing else may exist either, as in an archive.
 */
export function checkShape(file: string, connection: Pick<Libsql.Database, 'prepare'>, strict: boolean): void {
  const version = Number(Object.values(connection.prepare('PRAGMA user_version').all([])[0] as object)[0])
  if (version > schemaVersion) throw dataError(file, sentence('project.newer', { schema: version, known: schemaVersion }))
  if (version === 0 && !strict) return // empty or foreign: opening it reports that
  const wanted = itemsAt(Math.max(version, 1))
  const found = new Map(itemsOf(connection).map((i) => [i.name.toLowerCase(), i]))
  for (const item of wanted.values()) {
    if (added(item)) continue
    const there = found.get(item.name)
    if (!there) {
      if (item.type === 'table') throw dataError(file, sentence('project.no-table', { table: item.name }))
      continue // the check recreates a missing index
    }
    if (there.type === item.type && plain(there.sql) === plain(item.sql)) continue
    throw dataError(
      file,
      there.type === item.type
        ? sentence('project.other-table', { item: item.name, type: there.type })
        : sentence('project.other-type', { item: item.name, found: there.type, expected: item.type }),
    )
  }
  for (const item of found.values()) {
    if (wanted.has(item.name) || added(item)) continue
    if (strict || item.type === 'trigger')
      throw dataError(file, sentence('project.foreign-item', { type: item.type, item: item.name.slice(0, 100) }))
  }
}
