/** The stretches of a run, for its progress. */

export interface PhaseCost {
  /** As `JobProgress.phase` names it. */
  readonly name: string
  /** Beside the other phases' of the run, in images through the model forwards; the order of magnitude is enough. */
  readonly cost: number
  /** Its progress is steady enough to estimate the time left from. */
  readonly measures?: boolean
}

/** Of weights, step by step. */
export const TRAINING = 'training'

export const featuresPhase = (split: string) => `features:${split}`

/** The features of the splits that recipes look at before they train. */
export const featuresPhases = (images: (split: string) => number): PhaseCost[] =>
  ['train', 'val'].map((split) => ({ name: featuresPhase(split), cost: images(split), measures: true }))
