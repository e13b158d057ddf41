/** Phases of long operations in order, with approximate relative costs. */
import type { MergeJob, TrainJob } from '#shared/model/job.ts'
import { methodRecord } from '../../engine/merge/index.ts'
import { parseSettings, recipeRecord } from '../../engine/recipes/index.ts'
import { type Phase, phaseKey } from '#shared/model/progress.ts'
import type { Plan } from './course.ts'

/** Phases with their relative costs, in order. */
export const inPhases = (costs: Partial<Record<Phase, number>>): Plan => Object.entries(costs).map(([name, cost]) => ({ name, cost }))

/** What is done on the images' embeddings, once the files are hashed and the embeddings computed. */
export const afterEmbedding = (costs: Partial<Record<Phase, number>>): Plan => [
  { name: 'hashing', cost: 4, measures: true },
  { name: 'features', cost: 12, measures: true },
  ...inPhases(costs),
]

/** For a folder opened for the first time: labels from its folders, then its annotation files, one format after another. */
export const setUpPlan = ({
  formats,
  labels,
  splits,
}: {
  readonly formats: readonly string[]
  labels?: boolean
  splits?: boolean
}): Plan => [
  ...(labels || splits || !formats.length ? [{ name: 'labelling', cost: 1 }] : []),
  ...formats.flatMap((format) => [
    { name: phaseKey({ phase: 'reading', part: format }), cost: 1 },
    { name: phaseKey({ phase: 'storing', part: format }), cost: 2 },
  ]),
]

/** The recipe's phases, then the evaluation of the result. */
export function trainingPlan({ recipe, settings, splits, pool }: Pick<TrainJob, 'recipe' | 'settings' | 'splits' | 'pool'>): Plan {
  const record = recipeRecord(recipe)
  const all = Object.values(splits).reduce((s, items) => s + items.length, 0)
  const phases = record.phases(parseSettings(record, settings), (split) => (split === 'unlabelled' ? pool : splits[split])?.length ?? 0)
  return [...phases, { name: 'evaluating', cost: all, measures: true }]
}

export function mergingPlan({
  method,
  checkpoints,
  splits,
}: Pick<MergeJob, 'splits'> & { readonly checkpoints: readonly string[]; readonly method: { readonly name: string } }): Plan {
  const all = Object.values(splits).reduce((s, items) => s + items.length, 0)
  const heldOut = splits['heldOut']?.length ?? 0
  const evaluating = { name: 'evaluating', cost: Math.max(1, all), measures: true }
  const trial = checkpoints.length * Math.max(1, heldOut)
  return methodRecord(method.name).chooses
    ? [{ name: 'scoring', cost: trial, measures: true }, { name: 'greedy-soup', cost: trial, measures: true }, evaluating]
    : [{ name: 'merging', cost: Math.max(1, all / 4) }, evaluating]
}
