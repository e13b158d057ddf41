/** Checks that the database is sound and that derived data agrees with its sources. Repairs derived data. */
import { DashiError, errorLine } from '#shared/errors.ts'
import { existsSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { CheckProblem } from '#shared/model/project.ts'
import { journaledTable, type StoredRow } from '#shared/model/journal.ts'
import { Database } from './database.ts'
import { recountDigests } from './digest.ts'
import { readHead } from './head.ts'
import { before, changesBackwards, isAfter, position, rangesOf } from './journal.ts'
import { logProblem } from './log.ts'
import { rebuildSearch, searchProblem } from './search.ts'
import { ownTables } from './shape.ts'
import { tables } from './tables.ts'

type Problem = CheckProblem

/** `keep` is called before anything is repaired. */
export function checkDatabase(db: Database, repair: boolean, keep: () => void = () => undefined): Problem[] {
  const damage = logProblem(db.file) // before the checks empty the log
  if (repair) keep()
  const log = journalLog(db, repair, damage)
  const rows = unreadable(db)
  const parts = [integrity, foreignKeys, digests, annotatedFlags, searchIndex, journal]
  return [
    ...log,
    ...rows,
    ...parts.flatMap((part) => {
      try {
        return part(db, repair)
      } catch (e) {
        if (!(e instanceof DashiError)) throw e
        // Unreadable rows were listed above; they hide only the rest of this part.
        return rows.length ? [] : [{ kind: 'integrity' as const, message: errorLine(e), repaired: false }]
      }
    }),
  ]
}

/** Whether a database file is consistent, ignoring its log. Leaves no files behind. */
export function isSound(file: string): boolean {
  const copy = new Database(file)
  try {
    return checkDatabase(copy, false).every((p) => p.kind === 'log')
  } finally {
    copy.close()
    for (const ending of ['-wal', '-shm']) rmSync(file + ending, { force: true })
  }
}

/** Checks that every acknowledged edit is in the file or its log. Must run before a repair empties the log. */
function journalLog(db: Database, repair: boolean, damage: string | null): Problem[] {
  const problems: Problem[] = []
  if (damage) problems.push({ kind: 'log', message: `project.db-wal ${damage}`, repaired: false })
  const head = readHead(db.file)
  const when = (at: number) => new Date(at).toISOString()
  const missing = db
    .all<{ key: string; value: string }>(`SELECT key, value FROM meta WHERE key >= 'missing:' AND key < 'missing;'`)
    .map(({ key, value }) => ({ key, ...(JSON.parse(value) as Missing) }))
  const [at, id] = [position(db), db.value('SELECT value FROM meta WHERE key = ?', 'id')]
  if (head && head.id === id && head.seq > at && !missing.some((m) => m.to === head.seq))
    missing.push({ key: '', from: at + 1, to: head.seq, at: head.at })
  for (const { from, to, at } of missing)
    problems.push({
      kind: 'log',
      message:
        `the journal entries ${from} to ${to}, written until ${when(at)}, are missing: the log (project.db-wal) was removed, cut or ` +
        "damaged, or an older project.db was put in this one's place",
      repaired: repair,
    })
  if (repair) for (const { key } of missing) if (key) db.run('DELETE FROM meta WHERE key = ?', key)
  const holder = existsSync(join(dirname(db.file), 'project.lock.json'))
  if (db.options.readOnly && holder && !db.foundLog)
    problems.push({
      kind: 'log',
      message: 'the project was not closed, and its log (project.db-wal) is gone; what was in it is lost',
      repaired: false,
    })
  return problems
}

interface Missing {
  from: number
  to: number
  at: number
}

/** Rows that no statement can read, because their bytes are not text. */
function unreadable(db: Database): Problem[] {
  const problems: Problem[] = []
  for (const table of ownTables())
    for (const column of table.columns)
      for (const { name, what } of db.unreadable(table.name, column).slice(0, 100))
        problems.push({ kind: 'row', message: `${table.name} ${name}: ${column}: holds ${what}`, repaired: false })
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
  return found.map((message) => ({
    kind: 'integrity',
    message: left.has(message) ? `${message}; the newest copy in backups/ is the way back` : message,
    repaired: !left.has(message),
  }))
}

function foreignKeys(db: Database): Problem[] {
  return db
    .all('PRAGMA foreign_key_check')
    .slice(0, 100)
    .map((r) => ({
      kind: 'foreign-key',
      message: `${r['table']} ${r['rowid']} refers to a ${r['parent']} that does not exist`,
      repaired: false,
    }))
}

function digests(db: Database, repair: boolean): Problem[] {
  const counted = recountDigests(db)
  const stored = new Map(
    db.all<{ label: number; sum: string }>(`SELECT label_id AS label, sum FROM digest WHERE sum <> '0'`).map((r) => [r.label, r.sum]),
  )
  const wrong = [...new Set([...counted.keys(), ...stored.keys()])].filter((label) => counted.get(label) !== stored.get(label))
  if (wrong.length === 0) return []
  if (repair)
    db.transaction(() => {
      db.run('DELETE FROM digest')
      for (const [label, sum] of counted) db.run('INSERT INTO digest (label_id, sum) VALUES (?, ?)', label, sum)
    })
  return [
    { kind: 'dataset-hash', message: `the sums of the dataset hash disagree with the rows of ${wrong.length} labels`, repaired: repair },
  ]
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
  if (db.options.readOnly) return [] // SQLite's check of a full-text index counts as a write
  const problem = searchProblem(db)
  if (!problem) return []
  if (repair) db.transaction(() => rebuildSearch(db))
  return [{ kind: 'search-index', message: `the text index of captions: ${problem}`, repaired: repair && searchProblem(db) === null }]
}

/** Reads the journal backwards from the current rows: each change must have left what the next one found. */
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
        // Each row of the range still exists, or was removed by a later entry and is then in `past`.
        const now = Number(db.value(`SELECT count(*) FROM ${journaledTable.parse(table)} WHERE id BETWEEN ? AND ?`, from, to))
        let takenOut = 0
        for (let id = from; now + takenOut < to - from + 1 && id <= to; id++)
          if (past.get(`${table}:${id}`) && !current(db, table, id)) takenOut++
        if (now + takenOut !== to - from + 1)
          wrong(`entry ${seq}: ${to - from + 1 - now - takenOut} rows of ${table} ${from} to ${to} are missing`)
      }
    } catch (e) {
      wrong(`entry ${seq} cannot be read: ${e instanceof Error ? e.message.split('\n')[0] : String(e)}`)
    }
  }
  return problems
}

const current = (db: Database, table: keyof typeof tables, id: number): StoredRow | null =>
  db.get<StoredRow>(`SELECT ${tables[table].columns.join(', ')} FROM ${table} WHERE id = ?`, id) ?? null
