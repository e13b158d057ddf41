/** Images as a grid shows them: in which order, and what stands beside the picture. */
import type { MediaRow, MediaSort } from '#shared/contract/media.ts'
import { naturalKey } from '#shared/format.ts'
import type { ReviewState } from '#shared/model/media.ts'
import type { MediaFilter } from '#shared/model/project.ts'
import { incompleteAmong } from '../../db/incomplete.ts'
import { findMediaIds, type Project } from '../projects/index.ts'

const order: Record<Exclude<MediaSort['by'], 'id' | 'path'>, string> = {
  regions: '(SELECT count(*) FROM region r WHERE r.media_id = m.id)',
  size: 'coalesce(m.width, 0) * coalesce(m.height, 0)',
}

/**
 * The ids that the filter lets through; `more`: there are others after them. `first`: at least so many, where the order allows to find them
 * before the others.
 */
export function idsInOrder(project: Project, filter: MediaFilter, sort: MediaSort, first?: number): { ids: number[]; more: boolean } {
  if (first === undefined || sort.by !== 'id' || sort.descending) return { ids: orderedIds(project, filter, sort), more: false }
  const ids = findMediaIds(project, filter, { limit: first + 1 })
  return { ids: ids.slice(0, first), more: ids.length > first }
}

/** All ids that the filter lets through. */
export function orderedIds(project: Project, filter: MediaFilter, { by, descending }: MediaSort): number[] {
  const ids = findMediaIds(project, filter, { limit: Number.MAX_SAFE_INTEGER })
  if (by === 'id') return descending ? ids.reverse() : ids
  const wanted = new Set(ids)
  if (by === 'path') {
    const direction = descending ? -1 : 1
    const keyed = project.db
      .all<{ id: number; path: string }>('SELECT id, path FROM media')
      .filter((row) => wanted.has(row.id))
      .map(({ id, path }) => ({ id, key: naturalKey(path) }))
    return keyed.sort((a, b) => (a.key < b.key ? -direction : a.key > b.key ? direction : a.id - b.id)).map((row) => row.id)
  }
  const all = project.db.value<string | null>(
    `SELECT group_concat(id) FROM (SELECT m.id FROM media m ORDER BY ${order[by]} ${descending ? 'DESC' : 'ASC'}, m.id)`,
  )
  return (JSON.parse(`[${all ?? ''}]`) as number[]).filter((id) => wanted.has(id))
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
  problem: string | null
}

export function mediaRows({ db }: Project, ids: readonly number[]): MediaRow[] {
  const incomplete = incompleteAmong(db, ids)
  return db
    .all<Row>(
      `SELECT m.id, m.path, m.width, m.height, m.split, m.review, m.duplicate_group AS duplicateGroup,
         (SELECT count(*) FROM region r WHERE r.media_id = m.id AND r.state = 'accepted') AS regions,
         (SELECT count(*) FROM region r WHERE r.media_id = m.id AND r.state = 'proposed')
           + (SELECT count(*) FROM media_label l WHERE l.media_id = m.id AND l.state = 'proposed') AS proposed,
         (SELECT count(*) FROM caption c WHERE c.media_id = m.id) AS captions,
         (SELECT json_group_array(label_id) FROM (
           SELECT label_id FROM region WHERE media_id = m.id AND label_id IS NOT NULL AND state = 'accepted'
           UNION SELECT label_id FROM media_label WHERE media_id = m.id AND state = 'accepted')) AS labelIds,
         (SELECT f.problem FROM media_file f WHERE f.media_id = m.id) AS problem
       FROM json_each(?) AS wanted JOIN media m ON m.id = wanted.value ORDER BY wanted.key`,
      JSON.stringify(ids),
    )
    .map((row) => ({ ...row, incomplete: incomplete.has(row.id), labelIds: JSON.parse(row.labelIds) as number[] }))
}
