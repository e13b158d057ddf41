/** Earlier states of the dataset, reconstructed by reading the journal backwards: comparing two, and restoring one. */
import type { JournaledTable, RangeInsert, StoredRow } from '#shared/model/journal.ts'
import type { SnapshotDiff } from '#shared/model/project.ts'
import { userError } from '#shared/errors.ts'
import { repairedDeep } from '#shared/model/text.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Database } from './database.ts'
import type { Edit } from './edit.ts'
import { before, changesBackwards, position, rangesOf } from './journal.ts'
import { tables } from './tables.ts'

/** Rows that later entries touched, as of a position; and bulk insertions that came later. */
interface Past {
  rows: Map<string, { table: JournaledTable; id: number; row: StoredRow | null }>
  notYet: RangeInsert[]
}

const keyOf = (table: JournaledTable, id: number) => `${table}:${id}`

function currentRow(db: Database, table: JournaledTable, id: number): StoredRow | null {
  return db.get<StoredRow>(`SELECT ${tables[table].columns.join(', ')} FROM ${table} WHERE id = ?`, id) ?? null
}

/** Calls `at` for each requested position, newest first, with the differences from the current state. */
function walkBack(db: Database, positions: readonly number[], at: (position: number, past: Past) => void): void {
  const head = position(db)
  for (const p of positions)
    if (!(Number.isInteger(p) && p >= 0 && p <= head)) throw userError(sentence('journal.no-position', { position: p, last: head }))
  const past: Past = { rows: new Map(), notYet: [] }
  const wanted = positions.toSorted((a, b) => b - a)
  let next = 0
  const arrive = (p: number) => {
    while (next < wanted.length && wanted[next]! >= p) at(wanted[next++]!, past)
  }
  arrive(head)
  for (const { seq } of db.all<{ seq: number }>('SELECT seq FROM journal WHERE seq > ? ORDER BY seq DESC', wanted.at(-1)!)) {
    for (const change of changesBackwards(db, seq)) {
      const { table, id } = change
      const key = keyOf(table, id)
      const known = past.rows.get(key)
      past.rows.set(key, {
        table,
        id,
        row: before(change, known ? known.row : change.before && change.after ? currentRow(db, table, id) : null),
      })
    }
    const ranges = rangesOf(db, seq)
    past.notYet.push(...ranges)
    if (ranges.length)
      for (const entry of past.rows.values())
        if (ranges.some((r) => r.table === entry.table && entry.id >= r.from && entry.id <= r.to)) entry.row = null
    arrive(seq - 1)
  }
}

const diffed = {
  media: 'media',
  labels: 'label',
  imageLabels: 'media_label',
  regions: 'region',
  captions: 'caption',
  tags: 'media_tag',
} as const

/** Rows added, changed and removed between two positions. */
export function diffStates(db: Database, from: number, to: number): SnapshotDiff {
  if (from > to) {
    const { from: a, to: b, ...rest } = diffStates(db, to, from)
    const swapped = Object.fromEntries(
      Object.entries(rest).map(([k, d]) => [
        k,
        {
          added: d.removed,
          changed: d.changed,
          removed: d.added,
          ids: { added: d.ids.removed, changed: d.ids.changed, removed: d.ids.added },
        },
      ]),
    )
    return { from: b, to: a, ...(swapped as typeof rest) }
  }
  let later: Past = { rows: new Map(), notYet: [] }
  let earlier: Past = later
  const copy = (past: Past): Past => ({ rows: new Map([...past.rows].map(([k, v]) => [k, { ...v }])), notYet: [...past.notYet] })
  walkBack(db, from === to ? [to] : [to, from], (p, past) => {
    if (p === to) later = copy(past)
    if (p === from) earlier = past
  })
  const result = Object.fromEntries(Object.entries(diffed).map(([name, table]) => [name, diffTable(db, table, earlier, later)])) as Omit<
    SnapshotDiff,
    'from' | 'to'
  >
  return { from, to, ...result }
}

function diffTable(db: Database, table: JournaledTable, earlier: Past, later: Past) {
  const diff = { added: 0, changed: 0, removed: 0, ids: { added: [] as number[], changed: [] as number[], removed: [] as number[] } }
  const count = (how: 'added' | 'changed' | 'removed', id: number) => {
    diff[how]++
    if (diff.ids[how].length < 1000) diff.ids[how].push(id)
  }
  for (const [key, { id, table: t, row: old }] of earlier.rows) {
    if (t !== table) continue
    const known = later.rows.get(key)
    const now = known ? known.row : currentRow(db, table, id)
    if (!old && now) count('added', id)
    else if (old && !now) count('removed', id)
    else if (old && now && tables[table].columns.some((c) => (old[c] ?? null) !== (now[c] ?? null))) count('changed', id)
  }
  // Bulk-inserted rows that no later entry touched are still in the table.
  for (const range of earlier.notYet.slice(later.notYet.length))
    if (range.table === table)
      for (const { id } of db.all<{ id: number }>(`SELECT id FROM ${table} WHERE id BETWEEN ? AND ?`, range.from, range.to))
        if (!earlier.rows.has(keyOf(table, id))) count('added', id)
  return diff
}

/** Changes the current state into the one at a position; an edit itself, so it can be undone. */
export function restoreState(edit: Edit, target: number): void {
  const { db } = edit
  walkBack(db, [target], (_, past) => {
    const inserts: { table: JournaledTable; id: number; row: StoredRow }[] = []
    const removals: { table: JournaledTable; id: number }[] = []
    const updates: { table: JournaledTable; id: number; row: StoredRow }[] = []
    for (const { table, id, row } of past.rows.values()) {
      const now = currentRow(db, table, id)
      if (row && !now) inserts.push({ table, id, row })
      else if (!row && now) removals.push({ table, id })
      else if (row && now) updates.push({ table, id, row })
    }
    for (const { table, from, to } of past.notYet)
      for (const { id } of db.all<{ id: number }>(`SELECT id FROM ${table} WHERE id BETWEEN ? AND ?`, from, to))
        if (!past.rows.has(keyOf(table, id))) removals.push({ table, id })
    // An image's rows are removed before it and inserted after it, since the dataset hash needs its path.
    const isMedia = (t: JournaledTable) => (t === 'media' ? 1 : 0)
    for (const r of removals.toSorted((a, b) => isMedia(a.table) - isMedia(b.table))) edit.remove(r.table, r.id)
    for (const u of updates) {
      const keep = tables[u.table].facts
      edit.update(u.table, u.id, Object.fromEntries(Object.entries(repairedDeep(u.row)).filter(([c]) => !keep.includes(c))))
    }
    for (const i of inserts.toSorted((a, b) => isMedia(b.table) - isMedia(a.table))) edit.insert(i.table, repairedDeep(i.row), i.id)
  })
}
