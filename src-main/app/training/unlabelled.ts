/** Images without labels, for recipes that learn from them too. */
import type { Item } from '#shared/model/job.ts'
import type { TrainingChoice } from '#shared/model/training-choice.ts'
import { unlabelledRows } from '../../db/labelled.ts'
import { mediaIds } from '../../db/media-query.ts'
import type { Project } from '../projects/project.ts'
import { Collected } from './collected.ts'
import { fewShots } from './shots.ts'

/** More than this change little, and each is compared with all others. */
const MOST = 10_000

interface Asked {
  readonly choice: TrainingChoice | undefined
  /** Labelled images whose labels are not used. */
  readonly others: readonly Item[]
  readonly seed: number
  readonly unreadable: ReadonlyMap<number, string> | undefined
}

/** The project's readable images without an accepted label that pass the filter, and the others; of many, some drawn by the seed. */
export function unlabelledImages(project: Project, { choice, others, seed, unreadable }: Asked): Item[] {
  const passes = choice?.filter && new Set(mediaIds(project.db, choice.filter, { limit: 1_000_000_000 }))
  const collected = new Collected(project, unreadable)
  for (const row of unlabelledRows(project.db)) if (!passes || passes.has(row.id)) collected.add({ ...row, split: POOL }, { label: 0 })
  const pool = [...(collected.splits[POOL] ?? []), ...others.map(({ file, hash, name }): Item => ({ file, hash, name, label: 0 }))]
  return pool.length > MOST ? fewShots(pool, MOST, seed) : pool
}
const POOL = 'unlabelled'
