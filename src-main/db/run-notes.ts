/** What people say about runs, and what goes when runs are deleted. */
import { noNote, runNote, type RunNote } from '#shared/model/run-note.ts'
import type { StoredRow } from '#shared/model/journal.ts'
import { parseStored } from '#shared/model/text.ts'
import type { Database } from './database.ts'

const toNote = ({ name, note, tags, pinned }: StoredRow): RunNote =>
  runNote.parse({ name, note, tags: parseStored(String(tags)), pinned: pinned === 1 })

/** By run id; runs of which nobody said anything are missing. */
export const runNotes = (db: Database): ReadonlyMap<string, RunNote> =>
  new Map(db.all('SELECT * FROM run_note').map((row) => [String(row['run_id']), toNote(row)]))

export function runNoteOf(db: Database, runId: string): RunNote {
  const row = db.get('SELECT * FROM run_note WHERE run_id = ?', runId)
  return row ? toNote(row) : noNote
}

export const putRunNote = (db: Database, runId: string, { name, note, tags, pinned }: RunNote): void =>
  void db.run(
    `INSERT INTO run_note (run_id, name, note, tags, pinned) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (run_id) DO UPDATE SET name = excluded.name, note = excluded.note, tags = excluded.tags, pinned = excluded.pinned`,
    runId,
    name,
    note,
    JSON.stringify(tags),
    pinned ? 1 : 0,
  )

/** Deletes a run with its jobs, its checkpoint's entry and what was said about it. */
export const removeRun = (db: Database, runId: string): void =>
  void db.transaction(() => {
    db.run('DELETE FROM run_note WHERE run_id = ?', runId)
    db.run('DELETE FROM job WHERE run_id = ?', runId)
    db.run('DELETE FROM checkpoint WHERE run_id = ?', runId)
    db.run('DELETE FROM run WHERE id = ?', runId)
  })

/** How many annotations any of these authors made. */
export const annotationsBy = (db: Database, authors: readonly string[]): number =>
  authors.reduce(
    (n, author) =>
      n +
      ['region', 'media_label', 'caption'].reduce(
        (sum, table) => sum + Number(db.value(`SELECT count(*) FROM ${table} WHERE author = ?`, author)),
        0,
      ),
    0,
  )
