/** What one gesture on the canvas did: regions added, changed and removed, as one edit that is undone as one. */
import type { RegionEditInput } from '#shared/contract/annotations.ts'
import { userError } from '#shared/errors.ts'
import type { Region } from '#shared/model/region.ts'
import { regionRow } from '../../db/entities.ts'
import { mutate } from '../../db/journal.ts'
import type { Project } from '../projects/project.ts'
import { personOf, removeRegionsIn } from './regions.ts'
import { checkShape } from './validate.ts'

/**
 * Of a changed region only the fields that differ from `before` are written, so that two windows can change the same region's
 * shape and label at once. New regions are the project's user's own. Returns the ids that new regions got.
 */
export function applyRegionEdit(project: Project, { mediaId, action, changes }: RegionEditInput): { temporary: number; id: number }[] {
  return mutate(project.db, project.user, action, (edit) => {
    const saved: { temporary: number; id: number }[] = []
    const own = (id: number) => {
      const row = edit.row('region', id)
      if (!row) throw userError(`region ${id} does not exist (any more)`)
      if (row['media_id'] !== mediaId) throw userError(`region ${id} is not on this image`)
      return id
    }
    const removed: number[] = []
    for (const { before, after } of changes) {
      checkShape(project, mediaId, after?.shape)
      if (!before && after) saved.push({ temporary: after.id, id: edit.insert('region', regionRow({ ...after, mediaId, author: personOf(project), state: 'accepted' })) })
      else if (before && after) edit.update('region', own(before.id), regionRow(differing(before, after)))
      else if (before) removed.push(own(before.id))
    }
    if (removed.length) removeRegionsIn(edit, removed)
    return saved
  })
}

const editable = ['labelId', 'shape', 'attributes', 'state', 'z', 'hidden', 'locked'] as const

function differing(before: Region, after: Region): Partial<Region> {
  const changed = editable.filter((k) => JSON.stringify(before[k]) !== JSON.stringify(after[k]))
  return Object.fromEntries(changed.map((k) => [k, after[k]]))
}
