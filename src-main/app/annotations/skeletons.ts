/** Skeletons of labels over the whole project. */
import { keypointsShape } from '#shared/model/shape.ts'
import { followed, type Skeleton } from '#shared/model/skeleton.ts'
import type { Edit } from '../../db/edit.ts'
import { keypointRegionsOfLabel } from '../../db/regions.ts'

/** The label's regions take the new names of its points, and its new edges where they had the old ones; in the edit that changed it. */
export function followSkeleton(edit: Edit, labelId: number, before: Skeleton, after: Skeleton): void {
  for (const { id, shape } of keypointRegionsOfLabel(edit.db, labelId)) {
    const parsed = keypointsShape.safeParse(JSON.parse(shape))
    if (!parsed.success) continue
    const now = followed(parsed.data, before, after)
    if (now !== parsed.data) edit.update('region', id, { shape: JSON.stringify(now) })
  }
}
