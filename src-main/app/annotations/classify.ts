/** Image classification: an image is of one class. */
import { userError } from '#shared/errors.ts'
import type { StoredRow } from '#shared/model/journal.ts'
import { authorText, mediaLabelRow } from '../../db/entities.ts'
import { mutate } from '../../db/journal.ts'
import type { Project } from '../projects/project.ts'
import { personOf } from './regions.ts'

/** As the journal calls it; undo while classifying goes back to the image of the last one. */
export const classifying = 'classify image'

/**
 * The image is of this class and no other: a proposal of the class is accepted, accepted labels of other classes go, and proposals of
 * other classes are rejected. One edit.
 */
export function classifyImage(project: Project, mediaId: number, labelId: number): void {
  mutate(project.db, project.user, classifying, (edit) => {
    if (!edit.row('label', labelId)) throw userError(`no label has the id ${labelId}`)
    if (!edit.row('media', mediaId)) throw userError(`no image has the id ${mediaId}`)
    const author = personOf(project)
    const rows = edit.db.all<StoredRow>('SELECT id, label_id, author, state FROM media_label WHERE media_id = ? ORDER BY id', mediaId)
    let said = false
    for (const row of rows) {
      const id = Number(row['id'])
      if (row['label_id'] === labelId) {
        if (row['state'] === 'rejected' && row['author'] !== authorText(author)) continue
        edit.update('media_label', id, { state: 'accepted' })
        said = true
      } else if (row['state'] === 'accepted') edit.remove('media_label', id)
      else if (row['state'] === 'proposed') edit.update('media_label', id, { state: 'rejected' })
    }
    if (!said) edit.insert('media_label', mediaLabelRow({ mediaId, labelId, author, state: 'accepted' }))
  })
}

/** Images with an accepted label of their own. */
export const classifiedImages = ({ db }: Project): number[] =>
  db.all<{ id: number }>(`SELECT DISTINCT media_id AS id FROM media_label WHERE state = 'accepted' ORDER BY media_id`).map((r) => r.id)
