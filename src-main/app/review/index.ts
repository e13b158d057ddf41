/** Ordered review: a fixed order over a filter, and where it stands. */
import { hash } from 'node:crypto'
import type { Output } from '#shared/contract.ts'
import type { ReviewState } from '#shared/model/media.ts'
import type { MediaFilter } from '#shared/model/project.ts'
import type { ReviewOrder } from '#shared/model/review.ts'
import { mediaIds } from '../../db/media-query.ts'
import { keptResult } from '../curation/index.ts'
import type { Project } from '../projects/index.ts'

/** By path as people count (2 before 10). */
const byPath = new Intl.Collator('en', { numeric: true }).compare

/**
 * `doubt`: images whose label was doubted by their margin (see curation/doubts.ts), then those with proposals by the least score among them,
 * then the rest by path. `random`: by a hash of seed and path, so that images which come or go leave the others in their order.
 */
export function reviewOrderOf(
  project: Project,
  { filter, order, seed }: { filter: MediaFilter; order: ReviewOrder; seed: number },
): number[] {
  const { db } = project
  const wanted = new Set(mediaIds(db, filter, { limit: Number.MAX_SAFE_INTEGER }))
  const images = db
    .all<{ id: number; root: number; path: string }>('SELECT id, root_id AS root, path FROM media')
    .filter((m) => wanted.has(m.id))
  if (order === 'random') {
    const keys = new Map(images.map((m) => [m.id, hash('sha256', JSON.stringify([seed, m.path, m.root]), 'hex')]))
    return images.sort((a, b) => (keys.get(a.id)! < keys.get(b.id)! ? -1 : 1)).map((m) => m.id)
  }
  images.sort((a, b) => byPath(a.path, b.path) || a.id - b.id)
  if (order === 'path') return images.map((m) => m.id)
  const margins = new Map((keptResult(project, 'doubts')?.details ?? []).map((d) => [d.mediaId, d.margin]))
  const scores = new Map(
    db
      .all<{ id: number; score: number }>(
        `SELECT id, min(score) AS score FROM (
           SELECT media_id AS id, score FROM region WHERE state = 'proposed' AND score IS NOT NULL
           UNION ALL SELECT media_id, score FROM media_label WHERE state = 'proposed' AND score IS NOT NULL) GROUP BY id`,
      )
      .map((r) => [r.id, r.score]),
  )
  const rank = (id: number) =>
    (margins.has(id) ? [0, margins.get(id)!] : scores.has(id) ? [1, scores.get(id)!] : [2, 0]) as [number, number]
  const ranks = new Map(images.map((m) => [m.id, rank(m.id)]))
  return images
    .sort((a, b) => {
      const [x, y] = [ranks.get(a.id)!, ranks.get(b.id)!]
      return x[0] - y[0] || x[1] - y[1]
    })
    .map((m) => m.id)
}

export function reviewStanding({ db }: Project): Output<'review.standing'> {
  const states: Record<ReviewState, number> = { unreviewed: 0, 'in-review': 0, approved: 0, rejected: 0 }
  for (const { review, n } of db.all<{ review: ReviewState; n: number }>(
    `SELECT review, count(*) AS n FROM media WHERE review <> 'unreviewed' GROUP BY review`,
  ))
    states[review] = n
  states.unreviewed = Number(db.value('SELECT count(*) FROM media')) - states['in-review'] - states.approved - states.rejected
  const by = db.all<{ name: string | null; approved: number; rejected: number; last: number | null }>(
    `SELECT reviewed_by AS name, sum(review = 'approved') AS approved, sum(review = 'rejected') AS rejected, max(reviewed_at) AS last
     FROM media WHERE review <> 'unreviewed' AND review IN ('approved', 'rejected') GROUP BY 1 ORDER BY 2 + 3 DESC, 1`,
  )
  const open = `FROM comment WHERE resolved = 0 AND reply_to IS NULL`
  return {
    states,
    by,
    comments: {
      images: Number(db.value(`SELECT count(DISTINCT media_id) ${open}`)),
      open: Number(db.value(`SELECT count(*) ${open}`)),
    },
  }
}

export const openComments = ({ db }: Project): { id: number; mediaId: number }[] =>
  db.all('SELECT id, media_id AS mediaId FROM comment WHERE resolved = 0 AND reply_to IS NULL ORDER BY media_id, id')
