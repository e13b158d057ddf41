/** Ordered review: a fixed order of the images that pass a filter, and the review's progress. */
import { hash } from 'node:crypto'
import type { Output } from '#shared/contract.ts'
import type { ReviewState } from '#shared/model/media.ts'
import type { MediaFilter } from '#shared/model/project.ts'
import type { ReviewOrder, Uncertainty } from '#shared/model/review.ts'
import { countOpenComments, openComments as commentsLeftOpen } from '../../db/comments.ts'
import { countImages, imagePlaces } from '../../db/images.ts'
import { mediaIds } from '../../db/media-query.ts'
import { countReviewed, leastScores, reviewers } from '../../db/review.ts'
import { keptResult } from '../curation/index.ts'
import type { Project } from '../projects/index.ts'
import { uncertainProposals } from './uncertainty.ts'

const sureness: Uncertainty = { measure: 'threshold', threshold: 0.5 }

/** By path, with numbers compared by value (2 before 10). */
const byPath = new Intl.Collator('en', { numeric: true }).compare

/**
 * `doubt`: first images with a doubtful label, by margin (see curation/doubts.ts); then those with proposals, by
 * their lowest score; then the rest by path. `random`: by a hash of seed and path, so that adding or removing images
 * does not reorder the others. `uncertain`: by the most uncertain proposal of a model; then those without by path.
 */
export function reviewOrderOf(
  project: Project,
  { filter, order, seed, by = sureness }: { filter: MediaFilter; order: ReviewOrder; seed: number; by?: Uncertainty },
): number[] {
  const { db } = project
  const wanted = new Set(mediaIds(db, filter, { limit: Number.MAX_SAFE_INTEGER }))
  const images = imagePlaces(db).filter((m) => wanted.has(m.id))
  if (order === 'random') {
    const keys = new Map(images.map((m) => [m.id, hash('sha256', JSON.stringify([seed, m.path, m.root]), 'hex')]))
    return images.sort((a, b) => (keys.get(a.id)! < keys.get(b.id)! ? -1 : 1)).map((m) => m.id)
  }
  images.sort((a, b) => byPath(a.path, b.path) || a.id - b.id)
  if (order === 'path') return images.map((m) => m.id)
  if (order === 'uncertain') {
    const ids = images.map((m) => m.id)
    const first = new Set(uncertainProposals(project, ids, by).map((p) => p.mediaId))
    return [...first, ...ids.filter((id) => !first.has(id))]
  }
  const margins = new Map((keptResult(project, 'doubts')?.details ?? []).map((d) => [d.mediaId, d.margin]))
  const scores = leastScores(db)
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

/** A page of models' open proposals on the images that pass the filter, the most uncertain first. */
export function proposalQueue(
  project: Project,
  { filter, by, offset, limit }: { filter: MediaFilter; by: Uncertainty; offset: number; limit: number },
): Output<'review.proposals'> {
  const all = uncertainProposals(project, reviewOrderOf(project, { filter, order: 'path', seed: 0 }), by)
  return { total: all.length, proposals: all.slice(offset, offset + limit) }
}

export function reviewStanding({ db }: Project): Output<'review.standing'> {
  const states: Record<ReviewState, number> = { unreviewed: 0, 'in-review': 0, approved: 0, rejected: 0 }
  for (const { review, n } of countReviewed(db)) states[review] = n
  states.unreviewed = countImages(db) - states['in-review'] - states.approved - states.rejected
  return { states, by: reviewers(db), comments: countOpenComments(db) }
}

export const openComments = ({ db }: Project): { id: number; mediaId: number }[] => commentsLeftOpen(db)
