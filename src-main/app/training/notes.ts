/** What people say about runs. */
import { runNote, type RunNote } from '#shared/model/run-note.ts'
import { putRunNote, runNoteOf } from '../../db/run-notes.ts'
import { getRun, listCheckpoints, type Project, updateCheckpoint } from '../projects/index.ts'

/** Changes the given fields. A name is also that of the run's checkpoint; folders keep theirs, since others refer to them. */
export function noteRun(project: Project, runId: string, change: Partial<RunNote>): RunNote {
  return project.db.transaction(() => {
    const { id } = getRun(project, runId)
    const noted = runNote.parse({ ...runNoteOf(project.db, id), ...change })
    noted.tags = [...new Set(noted.tags)]
    putRunNote(project.db, id, noted)
    if (change.name) for (const c of listCheckpoints(project, id)) updateCheckpoint(project, c.id, { name: change.name.trim() })
    return noted
  })
}
