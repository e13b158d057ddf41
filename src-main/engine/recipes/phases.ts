/** Phases of a run, for progress reports. */
import { phaseKey } from '#shared/model/progress.ts'

export interface PhaseCost {
  /** The phase's id, see `phaseKey`. */
  readonly name: string
  /** Cost relative to the run's other phases, in image forward passes; the order of magnitude suffices. */
  readonly cost: number
  /** Whether its progress is steady enough to estimate the remaining time. */
  readonly measures?: boolean
}

/** Phases that compute the features of the splits a recipe needs before training. */
export const featuresPhases = (images: (split: string) => number): PhaseCost[] =>
  ['train', 'val'].map((split) => ({ name: phaseKey({ phase: 'features', part: split }), cost: images(split), measures: true }))
