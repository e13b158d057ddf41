/** One edit: rows inserted, updated and removed within a transaction, each change kept for the journal in both directions. */
import { userError } from '#shared/errors.ts'
import type { JournaledTable, RangeInsert, RowChange, StoredRow } from '#shared/model/journal.ts'
import { isCarried, repaired, repairedDeep } from '#shared/model/text.ts'
import type { Database, Value } from './database.ts'
import { DigestDelta } from './digest.ts'
import { ConstraintError } from './explain.ts'
import { captionDocument, replaceDocument } from './search.ts'
import { mediaTables, tables } from './tables.ts'

export class Edit {
  readonly ranges: RangeInsert[] = []
  readonly digest = new DigestDelta()
  /** Images touched by single changes, not by ranges. */
  readonly media = new Set<number>()
  /** Images inserted by ranges. */
  bulkMedia = 0
  /** Regions of tracks that changed, whole rows: what hangs together with them may have to follow. */
  readonly tracked: { id: number; before: StoredRow | null; after: StoredRow | null }[] = []
  /** Its images hang together: undone as one from any of them. */
  whole = false
  /** What the full-text index holds of images whose captions change. */
  private readonly documents = new Map<number, string>()
  private readonly paths = new Map<number, string>()

  /** `log` takes each change, as it is made, to the journal. `by`: who is noted as having changed a row last. */
  constructor(
    readonly db: Database,
    private readonly log: (change: RowChange) => void,
    private readonly by: string | null = null,
  ) {}

  row(table: JournaledTable, id: number): StoredRow | undefined {
    return this.db.get<StoredRow>(`SELECT ${tables[table].columns.join(', ')} FROM ${table} WHERE id = ?`, id)
  }

  /** Returns the new row's id. */
  insert(table: JournaledTable, row: StoredRow, id?: number): number {
    const { columns } = tables[table]
    const values = columns.map((c) => carried(table, c, row[c] ?? null))
    const names = id === undefined ? columns : ['id', ...columns]
    const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`
    if (table === 'caption') this.recaption(Number(row['media_id']))
    const newId = this.constrained(() => this.db.run(sql, ...(id === undefined ? values : [id, ...values])).lastId)
    const stored = Object.fromEntries(columns.map((c, i) => [c, values[i]!]))
    this.log({ table, id: newId, before: null, after: stored })
    this.follow(table, newId, null, stored)
    this.touch(table, newId, stored)
    this.digest.add(table, stored, this.pathOf(table, newId, stored))
    return newId
  }

  /** Only what differs is written; false where nothing does. Throws where the row does not exist. */
  update(table: JournaledTable, id: number, given: StoredRow): boolean {
    const old = this.row(table, id)
    if (!old) throw userError(`${table} ${id} does not exist (any more)`)
    const patch = { ...this.signature(table, old, given), ...given }
    const changed = Object.keys(patch).filter((c) => patch[c] !== undefined && patch[c] !== old[c])
    if (changed.length === 0) return false
    for (const c of changed) carried(table, c, patch[c]!)
    const pick = (row: StoredRow) => Object.fromEntries(changed.map((c) => [c, row[c]!]))
    this.touch(table, id, old)
    const row = { ...old, ...pick(patch) }
    if (table === 'caption') this.recaption(Number(old['media_id']))
    const moved = table === 'media' && changed.includes('path')
    if (moved) this.digestChildren(id, -1n)
    this.digest.add(table, old, this.pathOf(table, id, old), -1n)
    this.constrained(() =>
      this.db.run(`UPDATE ${table} SET ${changed.map((c) => `${c} = ?`).join(', ')} WHERE id = ?`, ...changed.map((c) => patch[c]!), id),
    )
    if (moved) this.paths.set(id, String(row['path']))
    this.digest.add(table, row, this.pathOf(table, id, row))
    if (moved) this.digestChildren(id, 1n)
    this.touch(table, id, row)
    this.follow(table, id, old, row)
    this.log({ table, id, before: pick(old), after: pick(row) })
    return true
  }

  /** Who did it, beside a change of what a row says; how it is shown (hidden, drawing order) says nothing. */
  private signature(table: JournaledTable, old: StoredRow, patch: StoredRow): StoredRow {
    if (this.by === null) return {}
    const changes = (columns: readonly string[]) => columns.some((c) => patch[c] !== undefined && patch[c] !== old[c])
    if (table === 'media') return changes(['review']) ? { reviewed_by: this.by, reviewed_at: Date.now() } : {}
    if (!tables[table].columns.includes('edited_by')) return {}
    return changes(['label_id', ...tables[table].content.filter((c) => c !== 'z')]) ? { edited_by: this.by } : {}
  }

  remove(table: JournaledTable, id: number): void {
    const old = this.row(table, id)
    if (!old) throw userError(`${table} ${id} does not exist (any more)`)
    this.touch(table, id, old)
    this.digest.add(table, old, this.pathOf(table, id, old), -1n)
    if (table === 'caption') this.recaption(Number(old['media_id']))
    this.db.run(`DELETE FROM ${table} WHERE id = ?`, id)
    if (table === 'media') this.db.run('DELETE FROM media_file WHERE media_id = ?', id)
    this.follow(table, id, old, null)
    this.log({ table, id, before: old, after: null })
  }

  /** Turns one change round. Throws where the row is no longer as the change left it. */
  revert(change: RowChange): void {
    const { table, id, after } = change
    const before = repairedDeep(change.before)
    const conflict = (what: string) => userError(`${table} ${id} ${what} by a later change; undo that one first`)
    if (!after) return void this.insert(table, before!, id)
    const now = this.row(table, id)
    if (!now) throw conflict('was removed')
    const { facts } = tables[table]
    for (const [column, value] of Object.entries(after))
      if (!sameValue(now[column], value) && !facts.includes(column)) throw conflict('was changed')
    if (before) this.update(table, id, before)
    else this.remove(table, id)
  }

  /** Writes what follows from the changes: the sums of the dataset hash, the full-text index, and which images are annotated. */
  settle(): void {
    this.digest.flush(this.db)
    for (const [mediaId, document] of this.documents) replaceDocument(this.db, mediaId, document, captionDocument(this.db, mediaId))
    for (const id of this.media)
      this.db.run(
        `UPDATE media SET annotated = EXISTS (SELECT 1 FROM region WHERE media_id = media.id AND state = 'accepted')
           OR EXISTS (SELECT 1 FROM media_label WHERE media_id = media.id AND state = 'accepted') WHERE id = ?`,
        id,
      )
  }

  /** To be called before an image's captions change. */
  recaption(mediaId: number): void {
    if (!this.documents.has(mediaId)) this.documents.set(mediaId, captionDocument(this.db, mediaId))
  }

  private digestChildren(mediaId: number, sign: 1n | -1n): void {
    for (const table of mediaTables)
      for (const row of this.db.all<StoredRow>(`SELECT ${tables[table].columns.join(', ')} FROM ${table} WHERE media_id = ?`, mediaId))
        this.digest.add(table, row, this.pathOf(table, 0, row), sign)
  }

  private follow(table: JournaledTable, id: number, before: StoredRow | null, after: StoredRow | null): void {
    if (table === 'region' && ((before?.['track'] ?? null) !== null || (after?.['track'] ?? null) !== null))
      this.tracked.push({ id, before, after })
  }

  private touch(table: JournaledTable, id: number, row: StoredRow): void {
    const column = tables[table].media
    if (column) this.media.add(column === 'id' ? id : Number(row[column]))
  }

  private pathOf(table: JournaledTable, id: number, row: StoredRow): string {
    if (table === 'media') return String(row['path'])
    if (tables[table].media === null) return ''
    const mediaId = Number(row['media_id'] ?? id)
    let path = this.paths.get(mediaId)
    if (path === undefined) this.paths.set(mediaId, (path = this.db.value<string>('SELECT path FROM media WHERE id = ?', mediaId) ?? ''))
    return path
  }

  private constrained<T>(body: () => T): T {
    try {
      return body()
    } catch (e) {
      if (e instanceof ConstraintError) throw explainConstraint(e)
      throw e
    }
  }
}

/** Of a stored value and what the journal says of it: earlier versions took halves of surrogate pairs, which are stored as U+FFFD. */
export const sameValue = (stored: Value | undefined, journalled: Value | undefined): boolean =>
  stored === journalled ||
  (typeof stored === 'string' &&
    typeof journalled === 'string' &&
    (stored === journalled.toWellFormed() || stored === repaired(journalled)))

/** The last place before the journal: what SQLite would store as something else must not be written down as done. */
function carried(table: string, column: string, value: Value): Value {
  if (typeof value === 'string' && !isCarried(value))
    throw userError(`${table}: ${column}: holds a NUL or half of a character, which cannot be stored`)
  if (typeof value === 'number' && !Number.isFinite(value)) throw userError(`${table}: ${column}: is no finite number`)
  return value
}

const taken: Record<string, string> = {
  'label.name': 'a label of this name exists already',
  'root.path': 'this folder is a root already',
  'media.root_id, media.path': 'this image is in the project already',
  'media_label.media_id, media_label.label_id, media_label.author': 'the image has this label already',
  'media_tag.media_id, media_tag.tag': 'the image has this tag already',
}

/** `UNIQUE constraint failed: label.name` in a person's words. */
export function explainConstraint(e: ConstraintError) {
  const columns = /UNIQUE constraint failed: (.*)$/.exec(e.message)?.[1]
  if (columns) return userError(taken[columns] ?? `${columns} exists already`, e)
  return userError(/FOREIGN KEY/.test(e.message) ? 'something that this refers to does not exist (any more)' : e.message, e)
}
