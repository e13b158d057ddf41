/** Progress of the review. */
import type { ReviewState } from '#shared/model/media.ts'
import type { Database } from './database.ts'

/** Number of images per review state, except the default one, which most have and no index covers. */
export const countReviewed = (db: Database): { review: ReviewState; n: number }[] =>
  db.all(`SELECT review, count(*) AS n FROM media WHERE review <> 'unreviewed' GROUP BY review`)

/** Reviewers with their numbers of decisions, most active first; `last` in milliseconds since 1970. */
export const reviewers = (db: Database): { name: string | null; approved: number; rejected: number; last: number | null }[] =>
  db.all(
    `SELECT reviewed_by AS name, sum(review = 'approved') AS approved, sum(review = 'rejected') AS rejected, max(reviewed_at) AS last
     FROM media WHERE review <> 'unreviewed' AND review IN ('approved', 'rejected') GROUP BY 1 ORDER BY count(*) DESC, 1`,
  )

/** The lowest score among each image's proposals: image id → score. */
export const leastScores = (db: Database): Map<number, number> =>
  new Map(
    db
      .all<{ id: number; score: number }>(
        `SELECT id, min(score) AS score FROM (
           SELECT media_id AS id, score FROM region WHERE state = 'proposed' AND score IS NOT NULL
           UNION ALL SELECT media_id, score FROM media_label WHERE state = 'proposed' AND score IS NOT NULL) GROUP BY id`,
      )
      .map((r) => [r.id, r.score]),
  )

export interface OpenProposal {
  readonly kind: 'region' | 'label'
  readonly id: number
  readonly mediaId: number
  readonly labelId: number | null
  readonly score: number
  readonly checkpoint: string
  readonly prompt: string | null
  /** As stored; null for a label of an image, and if shapes were not asked for. */
  readonly shape: string | null
}

/** The proposals of checkpoints on these images that nobody has decided on. */
export const openProposals = (db: Database, mediaIds: readonly number[], { shapes }: { readonly shapes: boolean }): OpenProposal[] =>
  db.all(
    `SELECT p.* FROM json_each(?) w CROSS JOIN (
       SELECT 'region' AS kind, id, media_id AS mediaId, label_id AS labelId, score, substr(author, 12) AS checkpoint, prompt,
         ${shapes ? 'shape' : 'NULL'} AS shape
       FROM region WHERE state = 'proposed' AND score IS NOT NULL AND author LIKE 'checkpoint:%'
       UNION ALL
       SELECT 'label', id, media_id, label_id, score, substr(author, 12), prompt, NULL
       FROM media_label WHERE state = 'proposed' AND score IS NOT NULL AND author LIKE 'checkpoint:%') p ON p.mediaId = w.value`,
    JSON.stringify(mediaIds),
  )
