import { AROUND } from '../regions/refining.ts'

/** How the nano detector is trained; `dashi.json` records it. */
export const detectRecipe = {
  seed: 1,
  /** Side in pixels at which pictures are rendered; scenes show them at up to this size. */
  renderSize: 128,
  batch: 8,
  steps: 9000,
  warmupSteps: 100,
  weightDecay: 0.05,
  clipNorm: 10,
  /** The saved weights are a moving average over about the last 1/(1 − ema) steps. */
  ema: 0.995,
  /** The first part, in which every patch answers (dense.ts): all but the last so many steps. */
  lr: 7e-4,
  weights: { focal: 1, distance: 5, giou: 2 },
  /** How much the boxes of an object's other patches weigh beside those of the patches in its middle. */
  others: 0.1,
  /** Scenes that are drawn; each is shown again in eight mirrored ways. */
  scenes: 2400,
  /** The last part, in which one prediction answers for each object (Hungarian matching). */
  matchedSteps: 400,
  matchedLr: 1e-4,
  /** Most objects of a scene. */
  regions: 9,
  /** One in so many words is held out: no scene of the training shows it. */
  heldOutOneIn: 4,
} as const

/** What a training of boxes needs to know. */
export interface BoxRecipe {
  readonly seed: number
  readonly batch: number
  readonly steps: number
  readonly warmupSteps: number
  readonly weightDecay: number
  readonly clipNorm: number
  readonly ema: number
  readonly lr: number
  readonly scenes: number
  readonly matchedSteps: number
  readonly matchedLr: number
  readonly regions: number
}

/**
 * How the model is trained that looks at each box again (Cai & Vasconcelos 2018, "Cascade R-CNN", §4): at windows of scenes about
 * guesses of one object's box, of which it finds the box that is meant, or none. There is no second part: only one answers.
 */
export const refineRecipe = {
  ...detectRecipe,
  batch: 32,
  steps: 5000,
  matchedSteps: 0,
  /** Windows that are cut, each shown again in eight mirrored ways. */
  scenes: 12000,
  /** A window's side in that of the box it is about. */
  around: AROUND,
  /** How wrong a guess is: its middle by up to this share of the object's sides, its size by up to a factor of exp(this). */
  off: { middle: 0.25, size: 0.5 },
  /** One in so many windows is anywhere. */
  anywhereOneIn: 6,
} as const
