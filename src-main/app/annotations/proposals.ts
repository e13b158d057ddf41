/** Bulk operations on proposals. */
import { mutate } from '../../db/journal.ts'
import { proposalsOn } from '../../db/regions.ts'
import type { Project } from '../projects/project.ts'

export interface Accepted {
  regions: number
  labels: number
  images: number[]
}

/** Accepts proposed regions and image labels on these images with at least this score. One edit. */
export function acceptProposals(project: Project, mediaIds: readonly number[], minScore: number | null = null): Accepted {
  return mutate(project.db, project.user, 'accept proposals', (edit) => {
    const images = new Set<number>()
    const accept = (table: 'region' | 'media_label') => {
      const found = proposalsOn(edit.db, table, mediaIds, minScore)
      for (const { id, mediaId } of found) {
        edit.update(table, id, { state: 'accepted' })
        images.add(mediaId)
      }
      return found.length
    }
    return { regions: accept('region'), labels: accept('media_label'), images: [...images].sort((a, b) => a - b) }
  })
}
