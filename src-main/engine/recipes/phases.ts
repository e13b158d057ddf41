/** Phases of a run, for progress reports. */
import { phaseKey } from '#shared/model/progress.ts'
import { shuffled } from '../tasks/examples.ts'

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

export interface Steps {
  /** Images of a batch, and batches of an update. */
  readonly batch: number
  readonly accumulate: number
  readonly perEpoch: number
  readonly steps: number
}

/** The updates that gradient descent makes over `n` images: what the records' loops make of the same settings. */
export function stepsOf(s: { readonly batchSize: number; readonly accumulate?: number; readonly epochs: number }, n: number): Steps {
  if (!n) return { batch: 0, accumulate: 1, perEpoch: 0, steps: 0 }
  const { batch, accumulate, perEpoch } = shuffled(n, { batchSize: s.batchSize, accumulate: s.accumulate, seed: 0 })
  return { batch, accumulate, perEpoch, steps: perEpoch * s.epochs }
}
