import { OUTLINED } from '../regions/outlining.ts'

/** What a training of masks needs to know. */
export interface MaskRecipe {
  readonly seed: number
  readonly batch: number
  readonly steps: number
  readonly scenes: number
  readonly lr: number
  /** The rate of the image tower beside the decoder's; without it, the tower stays as it is. */
  readonly towerRate?: number
  readonly warmupSteps: number
  readonly beta1: number
  readonly beta2: number
  readonly eps: number
  readonly weightDecay: number
  readonly clipNorm: number
  readonly ema: number
  readonly crossEntropy: number
}

/** How the segmenter in the box is trained; `dashi.json` records it. */
export const segmentRecipe = {
  seed: 1,
  batch: 8,
  steps: 1200,
  /** Scenes that are drawn; each is shown again in eight mirrored ways. */
  scenes: 800,
  lr: 2e-3,
  warmupSteps: 100,
  beta1: 0.9,
  beta2: 0.98,
  eps: 1e-6,
  weightDecay: 0.05,
  clipNorm: 1,
  /** The saved weights are a moving average over about the last 1/(1 − ema) steps. */
  ema: 0.99,
  /** Cross-entropy is summed over pixels of which few belong to an object: its weight beside dice. */
  crossEntropy: 2,
} as const

/** How the model is trained that outlines the thing in the middle of a window, from the one that looks at boxes again. */
export const outlineRecipe = {
  ...segmentRecipe,
  batch: 32,
  steps: 2800,
  lr: 1e-3,
  towerRate: 0.5,
  clipNorm: 5,
  /** Windows that are cut, each shown again in eight mirrored ways. */
  scenes: 12000,
  /** A window's side in that of the box it is about. */
  around: OUTLINED,
  /** How wrong a guess is, as in the refiner's recipe, which left less wrong. */
  off: { middle: 0.12, size: 0.25 },
  /** One in so many windows is anywhere. */
  anywhereOneIn: 20,
} as const
