/** Images for display in a grid: their order, and the facts shown with each. */
import type { MediaRow, MediaSort } from '#shared/contract/media.ts'
import type { ReviewState } from '#shared/model/media.ts'
import type { Database } from './database.ts'
import { incompleteAmong } from './incomplete.ts'

const order: Record<Exclude<MediaSort['by'], 'id' | 'path'>, string> = {
  regions: '(SELECT count(*) FROM region r WHERE r.media_id = m.id)',
  size: 'coalesce(m.width, 0) * coalesce(m.height, 0)',
}

/** Ids of all images in the given order; ties are in id order. */
export function imagesBy(db: Database, by: keyof typeof order, descending: boolean): number[] {
  const all = db.value<string | null>(
    `SELECT group_concat(id) FROM (SELECT m.id FROM media m ORDER BY ${order[by]} ${descending ? 'DESC' : 'ASC'}, m.id)`,
  )
  return JSON.parse(`[${all ?? ''}]`) as number[]
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

/** The existing images among `ids`, in the given order. */
export function gridRows(db: Database, ids: readonly number[]): MediaRow[] {
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
