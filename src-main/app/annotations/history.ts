/** Undo, redo and who did what, of the project or of one image. */
import type { JournalEntry } from '#shared/model/journal.ts'
import { history, redo, undo } from '../../db/journal.ts'
import type { Project } from '../projects/project.ts'

/** The entry that was undone; null where nothing is left. Throws where the image's last change reaches beyond it. */
export const undoChange = (project: Project, mediaId?: number): JournalEntry | null => undo(project.db, project.user, mediaId)
export const redoChange = (project: Project, mediaId?: number): JournalEntry | null => redo(project.db, project.user, mediaId)
/** The newest first. */
export const changeHistory = (project: Project, options?: { mediaId?: number; before?: number; limit?: number }): JournalEntry[] =>
  history(project.db, options)
