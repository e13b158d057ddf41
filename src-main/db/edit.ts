/**
 * One edit: rows inserted, updated and removed within a transaction, with each change recorded for the journal in
 * both directions.
 */
import { userError } from '#shared/errors.ts'
import type { JournaledTable, RangeInsert, RowChange, StoredRow } from '#shared/model/journal.ts'
import { isCarried, repaired, repairedDeep } from '#shared/model/text.ts'
import { sentence, type SentenceCode } from '#shared/sentences/table.ts'
import type { Database, Value } from './database.ts'
import { DigestDelta } from './digest.ts'
import { ConstraintError } from './explain.ts'
import { captionDocument, replaceDocument } from './search.ts'
import { mediaTables, tables } from './tables.ts'

export class Edit {
  readonly ranges: RangeInsert[] = []
  readonly digest = new DigestDelta()
  /** Images touched by individual changes, not by bulk ranges. */
  readonly media = new Set<number>()
  /** Number of images inserted by bulk ranges. */
  bulkMedia = 0
  /** Changed regions that belong to tracks, as whole rows: the rest of their tracks may need updating. */
  readonly tracked: { id: number; before: StoredRow | null; after: StoredRow | null }[] = []
  /** Undoing the edit from any of its images undoes all of it. */
  whole = false
  /** Current full-text index contents of images whose captions change. */
  private readonly documents = new Map<number, string>()
  private readonly paths = new Map<number, string>()

  /**
   * @param log called with each change as it is made
   * @param by recorded as the author of the change
   */
  constructor(
    readonly db: Database,
    private readonly log: (change: RowChange) => void,
    private readonly by: string | null = null,
  ) {}

  row(table: JournaledTable, id: number): StoredRow | undefined {
    return this.db.get<StoredRow>(`SELECT ${tables[table].columns.join(', ')} FROM ${table} WHERE id = ?`, id)
  }

  /** Inserts a row and returns its id. */
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

  /** Writes only columns that differ; returns false if none does. Throws if the row does not exist. */
  update(table: JournaledTable, id: number, given: StoredRow): boolean {
    const old = this.row(table, id)
    if (!old) throw userError(sentence('row.gone', { table, id }))
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

  /**
   * The columns that record the author. Changes of how a row is displayed (hidden, drawing order) are not attributed.
   */
  private signature(table: JournaledTable, old: StoredRow, patch: StoredRow): StoredRow {
    if (this.by === null) return {}
    const changes = (columns: readonly string[]) => columns.some((c) => patch[c] !== undefined && patch[c] !== old[c])
    if (table === 'media') return changes(['review']) ? { reviewed_by: this.by, reviewed_at: Date.now() } : {}
    if (!tables[table].columns.includes('edited_by')) return {}
    return changes(['label_id', ...tables[table].content.filter((c) => c !== 'z')]) ? { edited_by: this.by } : {}
  }

  remove(table: JournaledTable, id: number): void {
    const old = this.row(table, id)
    if (!old) throw userError(sentence('row.gone', { table, id }))
    this.touch(table, id, old)
    this.digest.add(table, old, this.pathOf(table, id, old), -1n)
    if (table === 'caption') this.recaption(Number(old['media_id']))
    this.db.run(`DELETE FROM ${table} WHERE id = ?`, id)
    if (table === 'media') this.db.run('DELETE FROM media_file WHERE media_id = ?', id)
    this.follow(table, id, old, null)
    this.log({ table, id, before: old, after: null })
  }

  /** Reverses one change. Throws if the row is no longer as the change left it. */
  revert(change: RowChange): void {
    const { table, id, after } = change
    const before = repairedDeep(change.before)
    const conflict = (how: 'removed' | 'changed') => userError(sentence(`row.${how}-later`, { table, id }))
    if (!after) return void this.insert(table, before!, id)
    const now = this.row(table, id)
    if (!now) throw conflict('removed')
    const { facts } = tables[table]
    for (const [column, value] of Object.entries(after))
      if (!sameValue(now[column], value) && !facts.includes(column)) throw conflict('changed')
    if (before) this.update(table, id, before)
    else this.remove(table, id)
  }

  /** Updates derived data: the sums of the dataset hash, the full-text index, and which images are annotated. */
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

  /** Call before changing an image's captions. */
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

/**
 * Whether a stored value equals the journalled one: earlier versions accepted lone surrogates, which are stored as
 * U+FFFD.
 */
export const sameValue = (stored: Value | undefined, journalled: Value | undefined): boolean =>
  stored === journalled ||
  (typeof stored === 'string' &&
    typeof journalled === 'string' &&
    (stored === journalled.toWellFormed() || stored === repaired(journalled)))

/** The last check before the journal: a value that SQLite would store differently must not be recorded. */
function carried(table: string, column: string, value: Value): Value {
  if (typeof value === 'string' && !isCarried(value)) throw userError(sentence('row.text', { table, column }))
  if (typeof value === 'number' && !Number.isFinite(value)) throw userError(sentence('row.number', { table, column }))
  return value
}

const taken: Readonly<Record<string, SentenceCode>> = {
  'label.name': 'label.name-taken',
  'root.path': 'root.taken',
  'media.root_id, media.path': 'image.taken',
  'media_label.media_id, media_label.label_id, media_label.author': 'image-label.taken',
  'media_tag.media_id, media_tag.tag': 'tag.taken',
}

/** Converts `UNIQUE constraint failed: label.name` into a message for users. */
export function explainConstraint(e: ConstraintError) {
  const columns = /UNIQUE constraint failed: (.*)$/.exec(e.message)?.[1]
  const code = columns === undefined ? undefined : taken[columns]
  if (code) return userError({ code, params: {} }, e)
  if (columns) return userError(sentence('row.exists', { columns }), e)
  return userError(/FOREIGN KEY/.test(e.message) ? sentence('row.reference-gone') : e.message, e)
}
