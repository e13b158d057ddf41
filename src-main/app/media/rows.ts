/** Images as a grid shows them: in which order, and what stands beside the picture. */
import type { MediaRow, MediaSort } from '#shared/contract/media.ts'
import { naturalKey } from '#shared/format.ts'
import type { ReviewState } from '#shared/model/media.ts'
import type { MediaFilter } from '#shared/model/project.ts'
import { findMediaIds, type Project } from '../projects/index.ts'

const order: Record<Exclude<MediaSort['by'], 'id' | 'path'>, string> = {
  regions: '(SELECT count(*) FROM region r WHERE r.media_id = m.id)',
  size: 'coalesce(m.width, 0) * coalesce(m.height, 0)',
}

/** All ids that the filter lets through. */
export function orderedIds(project: Project, filter: MediaFilter, { by, descending }: MediaSort): number[] {
  const ids = findMediaIds(project, filter, { limit: Number.MAX_SAFE_INTEGER })
  if (by === 'id') return descending ? ids.reverse() : ids
  const wanted = new Set(ids)
  if (by === 'path') {
    const keyed = project.db.all<{ id: number; path: string }>('SELECT id, path FROM media').filter((row) => wanted.has(row.id)).map(({ id, path }) => ({ id, key: naturalKey(path) }))
    const direction = descending ? -1 : 1
    return keyed.sort((a, b) => (a.key < b.key ? -direction : a.key > b.key ? direction : a.id - b.id)).map((row) => row.id)
  }
  const all = project.db.all<{ id: number }>(`SELECT m.id FROM media m ORDER BY ${order[by]} ${descending ? 'DESC' : 'ASC'}, m.id`)
  return all.filter((row) => wanted.has(row.id)).map((row) => row.id)
}

interface Row {
  id: number
  path: string
  width: number | null
  height: number | null
  split: string | null
  review: ReviewState
  duplicateGroup: number | null
  regions: number
  proposed: number
  captions: number
  labelIds: string
}

export function mediaRows({ db }: Project, ids: readonly number[]): MediaRow[] {
  return db
    .all<Row>(
      `SELECT m.id, m.path, m.width, m.height, m.split, m.review, m.duplicate_group AS duplicateGroup,
         (SELECT count(*) FROM region r WHERE r.media_id = m.id AND r.state = 'accepted') AS regions,
         (SELECT count(*) FROM region r WHERE r.media_id = m.id AND r.state = 'proposed')
           + (SELECT count(*) FROM media_label l WHERE l.media_id = m.id AND l.state = 'proposed') AS proposed,
         (SELECT count(*) FROM caption c WHERE c.media_id = m.id) AS captions,
         (SELECT json_group_array(label_id) FROM (
           SELECT label_id FROM region WHERE media_id = m.id AND label_id IS NOT NULL AND state = 'accepted'
           UNION SELECT label_id FROM media_label WHERE media_id = m.id AND state = 'accepted')) AS labelIds
       FROM json_each(?) AS wanted JOIN media m ON m.id = wanted.value ORDER BY wanted.key`,
      JSON.stringify(ids),
    )
    .map((row) => ({ ...row, labelIds: JSON.parse(row.labelIds) as number[] }))
}
