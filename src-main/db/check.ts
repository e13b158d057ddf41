/** Is the database sound, and does everything that is derived agree with what it is derived from? Repairs what can be derived again. */
import { DashiError, errorLine } from '#shared/errors.ts'
import type { CheckProblem } from '#shared/model/project.ts'
import { journaledTable, type StoredRow } from '#shared/model/journal.ts'
import type { Database } from './database.ts'
import { recountDigests } from './digest.ts'
import { before, changesBackwards, isAfter, rangesOf } from './journal.ts'
import { rebuildSearch, searchProblem } from './search.ts'
import { ownTables } from './shape.ts'
import { tables } from './tables.ts'

type Problem = CheckProblem

export function checkDatabase(db: Database, repair: boolean): Problem[] {
  const rows = unreadable(db)
  const parts = [integrity, foreignKeys, digests, annotatedFlags, searchIndex, journal]
  return [
    ...rows,
    ...parts.flatMap((part) => {
      try {
        return part(db, repair)
      } catch (e) {
        if (!(e instanceof DashiError)) throw e
        // What cannot be read was listed; it hides the rest of this part only.
        return rows.length ? [] : [{ kind: 'integrity' as const, message: errorLine(e), repaired: false }]
      }
    }),
  ]
}

/** Rows that no statement can read: bytes that are no text. */
function unreadable(db: Database): Problem[] {
  const problems: Problem[] = []
  for (const table of ownTables())
    for (const column of table.columns)
      for (const { name, what } of db.unreadable(table.name, column).slice(0, 100)) problems.push({ kind: 'row', message: `${table.name} ${name}: ${column}: holds ${what}`, repaired: false })
  return problems
}

function integrity(db: Database, repair: boolean): Problem[] {
  const problems = () =>
    db
      .all('PRAGMA integrity_check(20)')
      .map((r) => String(Object.values(r)[0]))
      .filter((line) => line !== 'ok')
  const found = problems()
  if (found.length === 0) return []
  if (repair) db.exec('REINDEX')
  const left = repair ? new Set(problems()) : new Set(found)
  return found.map((message) => ({ kind: 'integrity', message: left.has(message) ? `${message}; the newest copy in backups/ is the way back` : message, repaired: !left.has(message) }))
}

function foreignKeys(db: Database): Problem[] {
  return db
    .all('PRAGMA foreign_key_check')
    .slice(0, 100)
    .map((r) => ({ kind: 'foreign-key', message: `${r['table']} ${r['rowid']} refers to a ${r['parent']} that does not exist`, repaired: false }))
}

function digests(db: Database, repair: boolean): Problem[] {
  const counted = recountDigests(db)
  const stored = new Map(db.all<{ label: number; sum: string }>(`SELECT label_id AS label, sum FROM digest WHERE sum <> '0'`).map((r) => [r.label, r.sum]))
  const wrong = [...new Set([...counted.keys(), ...stored.keys()])].filter((label) => counted.get(label) !== stored.get(label))
  if (wrong.length === 0) return []
  if (repair)
    db.transaction(() => {
      db.run('DELETE FROM digest')
      for (const [label, sum] of counted) db.run('INSERT INTO digest (label_id, sum) VALUES (?, ?)', label, sum)
    })
  return [{ kind: 'dataset-hash', message: `the sums of the dataset hash disagree with the rows of ${wrong.length} labels`, repaired: repair }]
}

const annotated = `(EXISTS (SELECT 1 FROM region r WHERE r.media_id = media.id AND r.state = 'accepted')
  OR EXISTS (SELECT 1 FROM media_label l WHERE l.media_id = media.id AND l.state = 'accepted'))`

function annotatedFlags(db: Database, repair: boolean): Problem[] {
  const wrong = Number(db.value(`SELECT count(*) FROM media WHERE annotated <> ${annotated}`))
  if (wrong === 0) return []
  if (repair) db.transaction(() => db.run(`UPDATE media SET annotated = ${annotated} WHERE annotated <> ${annotated}`))
  return [{ kind: 'counter', message: `${wrong} images are wrongly marked as labelled or unlabelled`, repaired: repair }]
}

function searchIndex(db: Database, repair: boolean): Problem[] {
  if (db.options.readOnly) return [] // SQLite's check of a full-text index is itself a write
  const problem = searchProblem(db)
  if (!problem) return []
  if (repair) db.transaction(() => rebuildSearch(db))
  return [{ kind: 'search-index', message: `the text index of captions: ${problem}`, repaired: repair && searchProblem(db) === null }]
}

/** Reads the journal backwards from the present rows: each change must have left what the next one found. */
function journal(db: Database): Problem[] {
  const problems: Problem[] = []
  const past = new Map<string, StoredRow | null>()
  const wrong = (message: string) => problems.push({ kind: 'journal', message, repaired: false })
  for (const { seq } of db.all<{ seq: number }>('SELECT seq FROM journal ORDER BY seq DESC')) {
    if (problems.length >= 20) break
    try {
      for (const change of changesBackwards(db, seq)) {
        const key = `${change.table}:${change.id}`
        const after = past.has(key) ? past.get(key)! : current(db, change.table, change.id)
        if (!isAfter(change, after)) wrong(`entry ${seq}: ${change.table} ${change.id} is not as this change left it`)
        past.set(key, before(change, after))
      }
      for (const { table, from, to } of rangesOf(db, seq)) {
        // Each row of the range is there still, or a later entry took it out; then that entry's row is in `past`.
        const now = Number(db.value(`SELECT count(*) FROM ${journaledTable.parse(table)} WHERE id BETWEEN ? AND ?`, from, to))
        let takenOut = 0
        for (let id = from; now + takenOut < to - from + 1 && id <= to; id++)
          if (past.get(`${table}:${id}`) && !current(db, table, id)) takenOut++
        if (now + takenOut !== to - from + 1) wrong(`entry ${seq}: ${to - from + 1 - now - takenOut} rows of ${table} ${from} to ${to} are missing`)
      }
    } catch (e) {
      wrong(`entry ${seq} cannot be read: ${e instanceof Error ? e.message.split('\n')[0] : String(e)}`)
    }
  }
  return problems
}

const current = (db: Database, table: keyof typeof tables, id: number): StoredRow | null =>
  db.get<StoredRow>(`SELECT ${tables[table].columns.join(', ')} FROM ${table} WHERE id = ?`, id) ?? null
