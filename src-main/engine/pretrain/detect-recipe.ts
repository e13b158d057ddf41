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
