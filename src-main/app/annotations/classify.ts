/** Image classification: each image has one class. */
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { authorText, mediaLabelRow } from '../../db/entities.ts'
import { classifiedImages as imagesWithLabel, imageLabelsOf } from '../../db/image-labels.ts'
import { mutate } from '../../db/journal.ts'
import type { Project } from '../projects/project.ts'
import { personOf } from './regions.ts'

/** The action's name in the journal; undo while classifying returns to the image of the last one. */
export const classifying = 'classify image'

/**
 * Makes this the image's only class: a proposal of the class is accepted, accepted labels of other classes are removed, and proposals
 * of other classes are rejected. One edit.
 */
export function classifyImage(project: Project, mediaId: number, labelId: number): void {
  mutate(project.db, project.user, classifying, (edit) => {
    if (!edit.row('label', labelId)) throw userError(sentence('label.none', { id: labelId }))
    if (!edit.row('media', mediaId)) throw userError(sentence('image.none', { id: mediaId }))
    const author = personOf(project)
    let said = false
    for (const row of imageLabelsOf(edit.db, mediaId)) {
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

/** Images with an accepted label of the whole image. */
export const classifiedImages = ({ db }: Project): number[] => imagesWithLabel(db)
