/**
 * The journal. Every mutation is one transaction that also appends its entry here. Undo appends an entry that
 * reverses the latest one, and redo one that reverses the undo, so the journal read backwards reconstructs every
 * earlier state.
 *
 * Undo goes newest first, over the whole project or over one image. Changes of different images commute, so one image
 * can be undone independently; if a change touched other images too, the image's own undo is refused with an
 * explanation.
 */
import { z } from 'zod'
import { dataError, userError } from '#shared/errors.ts'
import { rangeInsert, rowChange, type JournalEntry, type RangeInsert, type RowChange, type StoredRow } from '#shared/model/journal.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Database, Row } from './database.ts'
import { Edit, explainConstraint, sameValue } from './edit.ts'
import { ConstraintError } from './explain.ts'
import { Group } from './groups.ts'
import { tables } from './tables.ts'

const chunkRows = 500
const storedChanges = z.object({ ranges: z.array(rangeInsert).optional(), rows: z.array(rowChange) })

/** 'fact': something found out about files rather than an edit; journalled, but never undone. */
type Kind = JournalEntry['kind'] | 'fact'

/** Runs an edit as one transaction with its journal entry; an edit without changes writes no entry. */
export function mutate<T>(db: Database, by: string, action: string, body: (edit: Edit) => T, kind: 'do' | 'fact' = 'do'): T {
  return atomic(db, { kind, ref: null, action, by }, body, (edit, seq) => {
    if (kind !== 'do') return
    dropRedo(db, edit)
    const group = Group.of(db)
    if (group) db.run('UPDATE journal SET grp = ? WHERE seq = ?', (group.first ||= seq), seq)
  })
}

/**
 * All edits that `body` makes on this connection form one undo step, although each is a separate transaction so that
 * others can write in between; those of this connection, while it rests. If `body` fails, its edits are undone. If the
 * process dies, the edits made so far remain as one step.
 */
export async function grouped<T>(db: Database, by: string, body: (rest: () => Promise<void>) => Promise<T>): Promise<T> {
  if (Group.of(db)) return body(() => Promise.resolve())
  const group = new Group(db)
  try {
    return await body(() => group.rest())
  } catch (e) {
    group.close()
    try {
      if (group.first && db.value('SELECT 1 FROM journal WHERE seq = ? AND undone = 0', group.first)) turnGroup(db, group.first, 'undo', by)
    } catch {
      // On a full disk the edits stay: they are complete transactions that can be undone later.
    }
    throw e
  } finally {
    group.close()
  }
}

/** Undoes the latest change of the image or of the project; null if there is nothing to undo. */
export function undo(db: Database, by: string, mediaId?: number): JournalEntry | null {
  const target =
    mediaId === undefined
      ? db.value<number>(`SELECT coalesce(grp, seq) FROM journal WHERE kind = 'do' AND undone = 0 ORDER BY coalesce(grp, seq) DESC LIMIT 1`)
      : db.value<number>(
          `SELECT max(j.seq) FROM journal_media m JOIN journal j ON j.seq = m.seq WHERE m.media_id = ? AND j.undone = 0`,
          mediaId,
        )
  return target ? turnGroup(db, target, 'undo', by, mediaId) : null
}

/** Redoes the last undone change; not possible after a new change of the same image. */
export function redo(db: Database, by: string, mediaId?: number): JournalEntry | null {
  const target =
    mediaId === undefined
      ? db.value<number>(`SELECT coalesce(grp, seq) FROM journal WHERE kind = 'do' AND undone = 1 ORDER BY last DESC LIMIT 1`)
      : db.value<number>(
          `SELECT j.seq FROM journal_media m JOIN journal j ON j.seq = m.seq
           WHERE m.media_id = ? AND j.undone = 1 ORDER BY j.last DESC LIMIT 1`,
          mediaId,
        )
  return target ? turnGroup(db, target, 'redo', by, mediaId) : null
}

/** Entries, newest first; for one image, those that touched it. */
export function history(db: Database, options: { mediaId?: number; before?: number; limit?: number } = {}): JournalEntry[] {
  const { mediaId, before = Number.MAX_SAFE_INTEGER, limit = 100 } = options
  const rows =
    mediaId === undefined
      ? db.all(`SELECT * FROM journal WHERE kind <> 'fact' AND seq < ? ORDER BY seq DESC LIMIT ?`, before, limit)
      : db.all(
          `SELECT j.* FROM journal j WHERE j.kind <> 'fact' AND j.seq < ?1
             AND coalesce(j.ref, j.seq) IN (SELECT seq FROM journal_media WHERE media_id = ?2)
           ORDER BY j.seq DESC LIMIT ?3`,
          before,
          mediaId,
          limit,
        )
  return rows.map((row) => toEntry(db, row))
}

/** The images touched by the newest edit. */
export const latestImages = (db: Database): number[] =>
  db
    .all<{ id: number }>(
      `SELECT media_id AS id FROM journal_media WHERE seq = (SELECT seq FROM journal WHERE kind = 'do' ORDER BY seq DESC LIMIT 1)`,
    )
    .map((r) => r.id)

/** The current position: the sequence number of the newest entry. */
export const position = (db: Database) => Number(db.value('SELECT max(seq) FROM journal') ?? 0)

/** An entry's changes in the order they were made; for ranges of bulk insertions see `rangesOf`. */
export function* changesOf(db: Database, seq: number): Generator<RowChange> {
  for (const part of parts(db, seq, 'ASC')) yield* part.rows
}

export function* changesBackwards(db: Database, seq: number): Generator<RowChange> {
  for (const part of parts(db, seq, 'DESC')) yield* part.rows.reverse()
}

export const rangesOf = (db: Database, seq: number): RangeInsert[] => [...parts(db, seq, 'ASC')].flatMap((part) => part.ranges ?? [])

function* parts(db: Database, seq: number, order: 'ASC' | 'DESC') {
  const ids = db.all<{ part: number }>(`SELECT part FROM journal_change WHERE seq = ? ORDER BY part ${order}`, seq)
  for (const { part } of ids)
    yield changesIn(seq, db.value<string>('SELECT changes FROM journal_change WHERE seq = ? AND part = ?', seq, part)!)
}

function changesIn(seq: number, text: string): z.infer<typeof storedChanges> {
  try {
    return storedChanges.parse(JSON.parse(text))
  } catch (e) {
    throw dataError('project.db', sentence('journal.damaged', { seq }), e)
  }
}

/** One transaction, one edit, one entry; no entry if nothing changed. `after` receives the entry's position. */
function atomic<T>(db: Database, entry: Entry, body: (edit: Edit) => T, after: (edit: Edit, seq: number, result: T) => void): T {
  try {
    return db.transaction(() => {
      // Checked at commit: within an edit, rows may be inserted and removed in any order.
      db.exec('PRAGMA defer_foreign_keys = ON')
      const writer = new EntryWriter(db, entry)
      const edit = new Edit(db, (change) => writer.add(change), entry.kind === 'do' ? entry.by : null)
      const result = body(edit)
      edit.settle()
      const seq = writer.finish(edit)
      if (seq) after(edit, seq, result)
      if (seq) edit.digest.tally.apply(db, seq)
      return result
    })
  } catch (e) {
    throw e instanceof ConstraintError ? explainConstraint(e) : e
  }
}

interface Entry {
  kind: Kind
  ref: number | null
  action: string
  by: string
}

/** Writes an entry's changes in batches, so that undoing a large import does not hold it in memory. */
class EntryWriter {
  private seq = 0
  private part = 1
  private rows: RowChange[] = []

  constructor(
    private readonly db: Database,
    private readonly entry: Entry,
  ) {}

  add(change: RowChange): void {
    this.rows.push(change)
    if (this.rows.length >= chunkRows) this.flush()
  }

  /** @returns the entry's position; 0 if there was nothing to write */
  finish(edit: Edit): number {
    if (this.rows.length) this.flush()
    if (edit.ranges.length) this.write(0, { ranges: edit.ranges, rows: [] })
    if (!this.seq) return 0
    this.db.run(
      'UPDATE journal SET media_count = ?, whole = ? WHERE seq = ?',
      edit.media.size + edit.bulkMedia,
      edit.whole ? 1 : null,
      this.seq,
    )
    if (this.entry.kind === 'do')
      for (const id of edit.media) this.db.run('INSERT INTO journal_media (media_id, seq) VALUES (?, ?)', id, this.seq)
    return this.seq
  }

  private flush(): void {
    this.write(this.part++, { rows: this.rows })
    this.rows = []
  }

  private write(part: number, changes: z.infer<typeof storedChanges>): void {
    const { kind, ref, action, by } = this.entry
    this.seq ||= this.db.run(
      'INSERT INTO journal (kind, ref, action, by_name, at, media_count) VALUES (?, ?, ?, ?, ?, 0)',
      kind,
      ref,
      action,
      by,
      Date.now(),
    ).lastId
    this.db.run('INSERT INTO journal_change (seq, part, changes) VALUES (?, ?, ?)', this.seq, part, JSON.stringify(changes))
  }
}

/** Undone entries cannot be redone after a new change of the same image, or of the project as a whole. */
function dropRedo(db: Database, edit: Edit): void {
  if (!db.value('SELECT 1 FROM journal WHERE kind = ? AND undone = 1 LIMIT 1', 'do')) return
  if (edit.media.size === 0) db.run(`UPDATE journal SET undone = 2 WHERE kind = 'do' AND undone = 1`)
  else
    db.run(
      `UPDATE journal SET undone = 2 WHERE kind = 'do' AND undone = 1 AND (media_count = 0 OR seq IN
         (SELECT m.seq FROM json_each(?) AS touched CROSS JOIN journal_media m ON m.media_id = touched.value))`,
      JSON.stringify([...edit.media]),
    )
  // A group is redone entirely or not at all.
  db.run(`UPDATE journal SET undone = 2 WHERE undone = 1 AND grp IN (SELECT grp FROM journal WHERE grp IS NOT NULL AND undone = 2)`)
}

/** Undoes or redoes an entry with its whole group; for a single image only the entry itself. */
function turnGroup(db: Database, target: number, kind: 'undo' | 'redo', by: string, mediaId?: number): JournalEntry {
  if (mediaId !== undefined) return turn(db, target, kind, by, mediaId)
  const order = kind === 'undo' ? 'DESC' : 'ASC'
  const others = db.all<{ seq: number }>(
    `SELECT seq FROM journal WHERE grp = ? AND kind = 'do' AND undone = ? ORDER BY seq ${order}`,
    target,
    kind === 'undo' ? 0 : 1,
  )
  const entries = others.length ? others.map((r) => r.seq) : [target]
  return db.transaction(() => entries.map((seq) => turn(db, seq, kind, by))).at(kind === 'undo' ? 0 : -1)!
}

function turn(db: Database, target: number, kind: 'undo' | 'redo', by: string, mediaId?: number): JournalEntry {
  const entry = db.get('SELECT * FROM journal WHERE seq = ?', target)!
  const action = String(entry['action'])
  if (mediaId !== undefined && Number(entry['media_count']) > 1 && entry['whole'] === null)
    throw userError(sentence(`journal.${kind}-of-several`, { action, images: Number(entry['media_count']) }))
  // The newest entry about the target holds exactly what has to be reversed.
  const latest = Number(entry['last']) || target
  atomic(
    db,
    { kind, ref: target, action, by },
    (edit) => {
      for (const change of changesBackwards(db, latest)) edit.revert(change)
      for (const range of rangesOf(db, latest).reverse()) removeRange(edit, range)
    },
    (_, seq) => db.run('UPDATE journal SET undone = ?, last = ? WHERE seq = ?', kind === 'undo' ? 1 : 0, seq, target),
  )
  return toEntry(db, db.get('SELECT * FROM journal WHERE seq = ?', target)!)
}

/** Moves the rows of a bulk insertion from their table into the undo entry. */
function removeRange(edit: Edit, { table, from, to }: RangeInsert): void {
  const ids = edit.db.all<{ id: number }>(`SELECT id FROM ${table} WHERE id BETWEEN ? AND ? ORDER BY id DESC`, from, to)
  for (const { id } of ids) edit.remove(table, id)
}

function toEntry(db: Database, row: Row): JournalEntry {
  const media = db.all<{ id: number }>(
    'SELECT media_id AS id FROM journal_media WHERE seq = ? LIMIT 1000',
    Number(row['ref'] ?? row['seq']),
  )
  return {
    seq: Number(row['seq']),
    kind: row['kind'] as JournalEntry['kind'],
    ref: row['ref'] === null ? null : Number(row['ref']),
    action: String(row['action']),
    by: String(row['by_name']),
    at: Number(row['at']),
    mediaIds: media.map((m) => m.id),
    undone: Number(row['undone']) > 0,
  }
}

/**
 * Reconstructs a row's value before a change from its value after it: a whole row, the row with the changed columns
 * reverted, or null.
 */
export function before(change: RowChange, after: StoredRow | null): StoredRow | null {
  if (!change.before) return null
  return change.after ? { ...after, ...change.before } : change.before
}

/** Whether the row is as the change left it. Facts about files are ignored, since they change without an entry. */
export function isAfter(change: RowChange, row: StoredRow | null): boolean {
  if (!change.after || !row) return change.after === null && row === null
  return Object.entries(change.after).every(([c, v]) => sameValue(row[c], v) || tables[change.table].facts.includes(c))
}
