/**
 * Resolves one disagreement: the chosen side is accepted, the other rejected. Both are kept with their authors; one
 * undo step.
 */
import { userError } from '#shared/errors.ts'
import { decision, type Decision } from '#shared/model/agreement.ts'
import { sentence } from '#shared/sentences/table.ts'
import { mutate } from '../../db/journal.ts'
import { valid } from '../annotations/validate.ts'
import type { Project } from '../projects/project.ts'

/** The action's name in the journal; undo in the queue returns to the image of the last one. */
export const deciding = 'settle disagreement'

/** If one author missed a region, choosing that author's side rejects it. */
export function settleDisagreement(project: Project, given: Decision): void {
  const { kind, mediaId, a, b, take } = valid(decision, 'agreement', given)
  const table = kind === 'class' ? 'media_label' : 'region'
  if (a.length + b.length === 0) throw userError(sentence('agreement.nothing'))
  mutate(project.db, project.user, deciding, (edit) => {
    for (const [side, ids] of [
      ['a', a],
      ['b', b],
    ] as const)
      for (const id of ids) {
        if (edit.row(table, id)?.['media_id'] !== mediaId)
          throw userError(sentence(kind === 'class' ? 'agreement.label-elsewhere' : 'agreement.region-elsewhere', { id }))
        edit.update(table, id, { state: take === 'both' || take === side ? 'accepted' : 'rejected', decided_by: project.user })
      }
  })
}
