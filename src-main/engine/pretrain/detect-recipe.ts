/** How the nano detector is trained; `dashi.json` records it. */
export const detectRecipe = {
  seed: 1,
  /** Side in pixels at which pictures are rendered; scenes show them at up to this size. */
  renderSize: 128,
  batch: 8,
  steps: 16_000,
  warmupSteps: 100,
  weightDecay: 0.05,
  clipNorm: 10,
  /** The saved weights are a moving average over about the last 1/(1 − ema) steps. */
  ema: 0.995,
  /** The first part, in which every patch answers (dense.ts): all but the last so many steps. */
  lr: 5e-4,
  /** Inverse temperature of the words that patches are told apart by. */
  sharpness: 20,
  weights: { naming: 1, focal: 1, distance: 3, giou: 1 },
  /** The last part, in which one prediction answers for each object (Hungarian matching). */
  matchedSteps: 1000,
  matchedLr: 1e-4,
  /** Words that every scene of a batch of the last part is asked for: those of all its scenes, and others. */
  queries: 64,
  /** Most objects of a scene. */
  regions: 9,
  /** One in so many words is trained on; the others are unseen. */
  seenOneIn: 4,
} as const
