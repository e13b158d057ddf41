/** Images as rows of the grid: their order, and the facts displayed with them. */
import type { MediaRow, MediaSort } from '#shared/contract/media.ts'
import { naturalKey } from '#shared/format.ts'
import type { MediaFilter } from '#shared/model/project.ts'
import { imagePlaces } from '../../db/images.ts'
import { gridRows, imagesBy } from '../../db/media-rows.ts'
import { findMediaIds, type Project } from '../projects/index.ts'

/**
 * The ids that pass the filter; `more` tells whether others follow.
 * @param first return early with at least this many, if the order allows it
 */
export function idsInOrder(project: Project, filter: MediaFilter, sort: MediaSort, first?: number): { ids: number[]; more: boolean } {
  if (first === undefined || sort.by !== 'id' || sort.descending) return { ids: orderedIds(project, filter, sort), more: false }
  const ids = findMediaIds(project, filter, { limit: first + 1 })
  return { ids: ids.slice(0, first), more: ids.length > first }
}

/** All ids that pass the filter. */
export function orderedIds(project: Project, filter: MediaFilter, { by, descending }: MediaSort): number[] {
  const ids = findMediaIds(project, filter, { limit: Number.MAX_SAFE_INTEGER })
  if (by === 'id') return descending ? ids.reverse() : ids
  const wanted = new Set(ids)
  if (by === 'path') {
    const direction = descending ? -1 : 1
    const keyed = imagePlaces(project.db)
      .filter((row) => wanted.has(row.id))
      .map(({ id, path }) => ({ id, key: naturalKey(path) }))
    return keyed.sort((a, b) => (a.key < b.key ? -direction : a.key > b.key ? direction : a.id - b.id)).map((row) => row.id)
  }
  return imagesBy(project.db, by, descending).filter((id) => wanted.has(id))
}

export const mediaRows = ({ db }: Project, ids: readonly number[]): MediaRow[] => gridRows(db, ids)
