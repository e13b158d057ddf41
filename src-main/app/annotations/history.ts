/** Undo, redo and history, of the project or of one image. */
import type { JournalEntry } from '#shared/model/journal.ts'
import { history, redo, undo } from '../../db/journal.ts'
import type { Project } from '../projects/project.ts'

/** The entry that was undone; null if there is none. Throws if the image's last change also affected other images. */
export const undoChange = (project: Project, mediaId?: number): JournalEntry | null => undo(project.db, project.user, mediaId)
export const redoChange = (project: Project, mediaId?: number): JournalEntry | null => redo(project.db, project.user, mediaId)
/** Newest first. */
export const changeHistory = (project: Project, options?: { mediaId?: number; before?: number; limit?: number }): JournalEntry[] =>
  history(project.db, options)
