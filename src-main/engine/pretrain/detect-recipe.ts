/** How the nano detector is trained; `dashi.json` records it. */
export const detectRecipe = {
  seed: 1,
  /** Side in pixels at which pictures are rendered; scenes show them at up to this size. */
  renderSize: 128,
  batch: 8,
  steps: 1100,
  /** Words that every scene of a batch is asked for: those of all its scenes, and others. */
  queries: 96,
  /** Most objects of a scene. */
  regions: 9,
  lr: 1e-3,
  warmupSteps: 80,
  weightDecay: 0.05,
  clipNorm: 1,
  /** The saved weights are a moving average over about the last 1/(1 − ema) steps. */
  ema: 0.99,
  /** For this share of the steps, so many predictions answer for each object; then one does. */
  severalShare: 0.6,
  several: 3,
  /** One in so many words is kept out of training: unseen ones. */
  unseenOneIn: 8,
} as const
