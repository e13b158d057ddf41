/** The stretches of a run, for its progress. */
import { phaseKey } from '#shared/model/progress.ts'

export interface PhaseCost {
  /** As `phaseKey` names it. */
  readonly name: string
  /** Beside the other phases' of the run, in images through the model forwards; the order of magnitude is enough. */
  readonly cost: number
  /** Its progress is steady enough to estimate the time left from. */
  readonly measures?: boolean
}

/** The features of the splits that recipes look at before they train. */
export const featuresPhases = (images: (split: string) => number): PhaseCost[] =>
  ['train', 'val'].map((split) => ({ name: phaseKey({ phase: 'features', part: split }), cost: images(split), measures: true }))
