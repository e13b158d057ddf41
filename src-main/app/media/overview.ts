/** The sizes of a project's images, and which look alike. */
import type { MediaOverview } from '#shared/model/survey.ts'
import { countAlike, countBySize } from '../../db/media-facts.ts'
import { countUnchecked, countUnreadable } from '../../db/media-file.ts'
import type { Project } from '../projects/project.ts'

const edges = [0, 128, 256, 512, 1024, 2048, 4096, 8192]

export function mediaOverview({ db }: Project): MediaOverview {
  const of = countBySize(db, edges.slice(1))
  const steps = [...of.keys()]
  const [first, last] = [steps[0] ?? 0, steps.at(-1) ?? -1]
  return {
    sizes: edges.flatMap((from, step) => (step >= first && step <= last ? [{ from, images: of.get(step) ?? 0 }] : [])),
    alike: countAlike(db),
    unreadable: countUnreadable(db),
    unchecked: countUnchecked(db),
  }
}
