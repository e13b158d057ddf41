/** Propagates a change of a label's skeleton to its regions. */
import { keypointsShape } from '#shared/model/shape.ts'
import { followed, type Skeleton } from '#shared/model/skeleton.ts'
import type { Edit } from '../../db/edit.ts'
import { keypointRegionsOfLabel } from '../../db/regions.ts'

/**
 * Renames the points of the label's regions, and updates edges that equal the old ones, within the edit that changed
 * the label.
 */
export function followSkeleton(edit: Edit, labelId: number, before: Skeleton, after: Skeleton): void {
  for (const { id, shape } of keypointRegionsOfLabel(edit.db, labelId)) {
    const parsed = keypointsShape.safeParse(JSON.parse(shape))
    if (!parsed.success) continue
    const now = followed(parsed.data, before, after)
    if (now !== parsed.data) edit.update('region', id, { shape: JSON.stringify(now) })
  }
}
