/** How large a project's images are, and which look alike. */
import type { MediaOverview } from '#shared/model/survey.ts'
import { countUnchecked, countUnreadable } from '../../db/media-file.ts'
import type { Project } from '../projects/project.ts'

const edges = [0, 128, 256, 512, 1024, 2048, 4096, 8192]

export function mediaOverview({ db }: Project): MediaOverview {
  const steps = edges
    .slice(1)
    .map((edge, i) => `WHEN max(width, height) < ${edge} THEN ${i}`)
    .join(' ')
  const rows = db.all<{ step: number; images: number }>(
    `SELECT CASE ${steps} ELSE ${edges.length - 1} END AS step, count(*) AS images FROM media WHERE width IS NOT NULL GROUP BY 1 ORDER BY 1`,
  )
  const [first, last] = [rows[0]?.step ?? 0, rows.at(-1)?.step ?? -1]
  const of = new Map(rows.map((r) => [r.step, r.images]))
  return {
    sizes: edges.flatMap((from, step) => (step >= first && step <= last ? [{ from, images: of.get(step) ?? 0 }] : [])),
    alike: Number(
      db.value(
        'SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM media WHERE perceptual_hash IS NOT NULL GROUP BY perceptual_hash HAVING n > 1)',
      ),
    ),
    unreadable: countUnreadable(db),
    unchecked: countUnchecked(db),
  }
}
