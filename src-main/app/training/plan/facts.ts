/** What a plan and its concerns are made from. Nothing is computed of images: only what the project knows already. */
import type { Outline } from '#shared/model/outline.ts'
import { classesOf } from '#shared/model/job.ts'
import { curatedFacts, type CuratedFacts } from '../../../db/planning.ts'
import { keptResult } from '../../curation/index.ts'
import type { Project } from '../../projects/index.ts'
import type { LabelledData } from '../collected.ts'
import { groupsBy } from '../choice.ts'

export interface Facts {
  readonly task: string
  readonly data: LabelledData & { readonly ambiguous?: number }
  /** Images of each class by split, in the order of the classes. */
  readonly counts: readonly Readonly<Record<string, number>>[]
  readonly project: CuratedFacts
  /** Images of training of which a copy, or a near-copy, is in a split that is measured. */
  readonly leaks: { readonly exact: number; readonly near: number }
  /** Whether near-copies were looked for. */
  readonly looked: boolean
  readonly settings: Readonly<Record<string, unknown>>
  readonly untrained: boolean
  readonly outline: Outline | null
  readonly memory: { readonly needed: number | null; readonly free: number; readonly total: number }
  readonly disk: {
    readonly needed: number | null
    readonly free: number | null
    readonly budget: { readonly most: number; readonly left: number } | null
  }
}

export function dataFacts(project: Project, data: Facts['data']): Pick<Facts, 'data' | 'counts' | 'project' | 'leaks' | 'looked'> {
  return {
    data,
    counts: countsOf(data),
    project: curatedFacts(project.db),
    leaks: leaksIn(project, data),
    looked: keptResult(project, 'duplicates') !== null,
  }
}

function countsOf({ classes, splits }: LabelledData): Record<string, number>[] {
  const counts = classes.map((): Record<string, number> => ({}))
  for (const [split, items] of Object.entries(splits))
    for (const item of items) for (const c of new Set(classesOf(item))) counts[c]![split] = (counts[c]![split] ?? 0) + 1
  return counts
}

function leaksIn(project: Project, { mediaIds }: LabelledData): Facts['leaks'] {
  const groups = groupsBy(project, { holdOut: 'duplicates' })
  const measured = new Set(
    Object.entries(mediaIds).flatMap(([split, ids]) => (split === 'train' ? [] : ids.flatMap((id) => groups.get(id) ?? []))),
  )
  let [exact, near] = [0, 0]
  for (const id of mediaIds['train'] ?? []) {
    const shared = (groups.get(id) ?? []).filter((g) => measured.has(g))
    if (shared.some((g) => g.startsWith('bytes'))) exact++
    else if (shared.length) near++
  }
  return { exact, near }
}

export const imagesIn = ({ data }: Pick<Facts, 'data'>, split: string): number => data.splits[split]?.length ?? 0
/** Splits that are only measured. */
export const testsIn = ({ data }: Pick<Facts, 'data'>): string[] =>
  Object.keys(data.splits).filter((s) => s !== 'train' && s !== 'val' && data.splits[s]!.length)
