/** The phases of long operations, in their order, and what each costs beside the others: the order of magnitude is enough. */
import type { MergeJob, TrainJob } from '#shared/model/job.ts'
import { recipeSchemas } from '#shared/model/recipe.ts'
import { methodRecord } from '../../engine/merge/index.ts'
import type { Plan } from './course.ts'

/** A step of training is a pass forwards and one backwards, which is about twice that. */
const trainingPass = 3

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

export function trainingPlan({ recipe, settings, splits }: Pick<TrainJob, 'recipe' | 'settings' | 'splits'>): Plan {
  const epochs = (recipeSchemas[recipe].safeParse(settings).data as { epochs?: number } | undefined)?.epochs ?? 0
  const n = (split: string) => splits[split]?.length ?? 0
  const all = Object.values(splits).reduce((s, items) => s + items.length, 0)
  const features = ['train', 'val'].map((split) => ({ name: `features of ${split}`, cost: n(split), measures: true }))
  const probing = [...features, { name: 'logistic regression', cost: Math.max(1, n('train') / 20) }]
  const weights = { name: 'training', cost: trainingPass * epochs * n('train'), measures: true }
  const evaluating = { name: 'evaluating', cost: all, measures: true }
  switch (recipe) {
    case 'zero-shot':
      return [evaluating]
    case 'lp':
      return [...probing, evaluating]
    case 'lp-ft':
      return [...probing, weights, evaluating]
    case 'coop':
      return [...features, { name: 'prompt tuning', cost: Math.max(1, (epochs * n('train')) / 4) }, evaluating]
    default:
      return [weights, evaluating]
  }
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
    ? [{ name: 'scoring', cost: trial, measures: true }, { name: 'greedy soup', cost: trial, measures: true }, evaluating]
    : [{ name: 'merging', cost: Math.max(1, all / 4) }, evaluating]
}
