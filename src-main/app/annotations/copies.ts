/** Regions copied to other images, as in a numbered sequence whose pictures differ little. */
import { userError } from '#shared/errors.ts'
import { regionRow, toRegion } from '../../db/entities.ts'
import { mutate } from '../../db/journal.ts'
import { topZ } from '../../db/regions.ts'
import type { Project } from '../projects/project.ts'
import { personOf } from './regions.ts'
import { fitting } from './track-rows.ts'

export interface Copied {
  regions: number
  images: number[]
}

/**
 * Copies to each of the images, on top of what is there, at the same place; cut where an image ends, left out where nothing of it lies
 * on the image, or where a mask is of another size. The user's own, accepted. One edit.
 */
export function copyRegions(project: Project, ids: readonly number[], mediaIds: readonly number[]): Copied {
  const action = `copy ${ids.length === 1 ? 'region' : `${ids.length} regions`}`
  return mutate(project.db, project.user, action, (edit) => {
    const regions = ids
      .map((id) => {
        const row = edit.row('region', id)
        if (!row) throw userError(`region ${id} does not exist (any more)`)
        return toRegion({ id, ...row })
      })
      .sort((a, b) => a.z - b.z)
    const images: number[] = []
    let count = 0
    for (const mediaId of mediaIds) {
      const media = edit.row('media', mediaId)
      if (!media) throw userError(`no image has the id ${mediaId}`)
      const size = { width: Number(media['width'] ?? 0), height: Number(media['height'] ?? 0) }
      let z = topZ(edit.db, mediaId)
      let some = false
      for (const r of regions) {
        const shape = fitting(r.shape, size)
        if (!shape || r.mediaId === mediaId) continue
        edit.insert(
          'region',
          regionRow({
            mediaId,
            labelId: r.labelId,
            shape,
            attributes: r.attributes,
            author: personOf(project),
            state: 'accepted',
            z: z++,
            hidden: false,
            locked: false,
          }),
        )
        some = true
        count++
      }
      if (some) images.push(mediaId)
    }
    return { regions: count, images }
  })
}
