/** How the segmenter in the box is trained; `dashi.json` records it. */
export const segmentRecipe = {
  seed: 1,
  batch: 8,
  /** Words asked of each scene: some that it shows and some that it does not. */
  queries: 6,
  steps: 2500,
  lr: 2e-3,
  warmupSteps: 100,
  beta1: 0.9,
  beta2: 0.98,
  eps: 1e-6,
  weightDecay: 0.05,
  clipNorm: 1,
  /** The saved weights are a moving average over about the last 1/(1 − ema) steps. */
  ema: 0.995,
  /** Share of the asked words that are the scene's own. */
  present: 0.6,
  /** Share of the words that are a class, such as "fruit", and mean all that belongs to it. */
  classes: 0.15,
  /** Cross-entropy is summed over pixels of which few belong to an object: its weight beside dice. */
  crossEntropy: 2,
  /** Scenes by which the start learns which direction of a token means which words, and how far it trusts them. */
  fitted: 96,
  ridge: 1e-3,
} as const
