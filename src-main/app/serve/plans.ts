/** The phases of long operations, in their order, and what each costs beside the others: the order of magnitude is enough. */
import type { MergeJob, TrainJob } from '#shared/model/job.ts'
import { methodRecord } from '../../engine/merge/index.ts'
import { parseSettings, recipeRecord } from '../../engine/recipes/index.ts'
import type { Plan } from './course.ts'

/** Of the jobs of the status bar, by kind; the others have one phase. */
export const plans: Readonly<Record<string, Plan>> = {
  scan: [
    { name: 'scanning', cost: 0 },
    { name: 'measuring', cost: 1 },
    { name: 'checking', cost: 8 },
  ],
  import: [
    { name: 'reading', cost: 1 },
    { name: 'storing', cost: 2 },
    { name: 'checking', cost: 8 },
  ],
  export: [
    { name: 'counting', cost: 1 },
    { name: 'writing', cost: 8 },
    { name: 'packing', cost: 1 },
  ],
  duplicates: [
    { name: 'hashing', cost: 4, measures: true },
    { name: 'features', cost: 12, measures: true },
    { name: 'near-copies', cost: 1 },
    { name: 'marking', cost: 1 },
  ],
  doubts: [
    { name: 'hashing', cost: 4, measures: true },
    { name: 'features', cost: 12, measures: true },
    { name: 'folds', cost: 2 },
  ],
  index: [
    { name: 'hashing', cost: 4, measures: true },
    { name: 'features', cost: 12, measures: true },
    { name: 'index', cost: 1 },
  ],
  map: [
    { name: 'hashing', cost: 4, measures: true },
    { name: 'features', cost: 12, measures: true },
    { name: 'distances', cost: 2 },
    { name: 'layout', cost: 3 },
    { name: 'placing', cost: 1 },
    { name: 'index', cost: 1 },
  ],
}

/** Of a folder that is opened for the first time: labels of its folders, then what its files say, one format after the other. */
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
    { name: setUpPhase('reading', format), cost: 1 },
    { name: setUpPhase('storing', format), cost: 2 },
  ]),
]
/** Of several formats each has its own phases: a phase's name stands for one stretch of the whole. */
export const setUpPhase = (phase: string, format: string | undefined): string => (format === undefined ? phase : `${phase} ${format}`)

/** What the recipe does, then the evaluation of what it left. */
export function trainingPlan({ recipe, settings, splits }: Pick<TrainJob, 'recipe' | 'settings' | 'splits'>): Plan {
  const record = recipeRecord(recipe)
  const all = Object.values(splits).reduce((s, items) => s + items.length, 0)
  const phases = record.phases(parseSettings(record, settings), (split) => splits[split]?.length ?? 0)
  return [...phases, { name: 'evaluating', cost: all, measures: true }]
}

export function mergingPlan({
  method,
  checkpoints,
  splits,
}: Pick<MergeJob, 'splits' | 'checkpoints'> & { method: { name: string } }): Plan {
  const all = Object.values(splits).reduce((s, items) => s + items.length, 0)
  const heldOut = splits['heldOut']?.length ?? 0
  const evaluating = { name: 'evaluating', cost: Math.max(1, all), measures: true }
  const trial = checkpoints.length * Math.max(1, heldOut)
  return methodRecord(method.name).chooses
    ? [{ name: 'scoring', cost: trial, measures: true }, { name: 'greedy-soup', cost: trial, measures: true }, evaluating]
    : [{ name: 'merging', cost: Math.max(1, all / 4) }, evaluating]
}
