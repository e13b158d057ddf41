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
