/** The phases of long operations, in their order, and what each costs beside the others: the order of magnitude is enough. */
import type { MergeJob, TrainJob } from '#shared/model/job.ts'
import { phaseKey } from '#shared/model/progress.ts'
import { recipeSchemas } from '#shared/model/recipe.ts'
import { methodRecord } from '../../engine/merge/methods.ts'
import type { Plan } from './course.ts'

/** A step of training is a pass forwards and one backwards, which is about twice that. */
const trainingPass = 3

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
    { name: phaseKey({ phase: 'reading', part: format }), cost: 1 },
    { name: phaseKey({ phase: 'storing', part: format }), cost: 2 },
  ]),
]

export function trainingPlan({ recipe, settings, splits }: Pick<TrainJob, 'recipe' | 'settings' | 'splits'>): Plan {
  const epochs = (recipeSchemas[recipe].safeParse(settings).data as { epochs?: number } | undefined)?.epochs ?? 0
  const n = (split: string) => splits[split]?.length ?? 0
  const all = Object.values(splits).reduce((s, items) => s + items.length, 0)
  const features = ['train', 'val'].map((split) => ({ name: phaseKey({ phase: 'features', part: split }), cost: n(split), measures: true }))
  const probing = [...features, { name: 'logistic-regression', cost: Math.max(1, n('train') / 20) }]
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
      return [...features, { name: 'prompt-tuning', cost: Math.max(1, (epochs * n('train')) / 4) }, evaluating]
    default:
      return [weights, evaluating]
  }
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
