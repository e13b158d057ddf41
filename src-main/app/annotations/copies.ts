/** Copies regions to other images, e.g. in a sequence of similar frames. */
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
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
 * Copies regions to the same position on each of the images, on top of existing ones: clipped at the image's edge,
 * and skipped if outside the image or a mask of another size. The copies are attributed to the user and accepted. One
 * edit.
 */
export function copyRegions(project: Project, ids: readonly number[], mediaIds: readonly number[]): Copied {
  const action = `copy ${ids.length === 1 ? 'region' : `${ids.length} regions`}`
  return mutate(project.db, project.user, action, (edit) => {
    const regions = ids
      .map((id) => {
        const row = edit.row('region', id)
        if (!row) throw userError(sentence('region.gone', { id }))
        return toRegion({ id, ...row })
      })
      .sort((a, b) => a.z - b.z)
    const images: number[] = []
    let count = 0
    for (const mediaId of mediaIds) {
      const media = edit.row('media', mediaId)
      if (!media) throw userError(sentence('image.none', { id: mediaId }))
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
