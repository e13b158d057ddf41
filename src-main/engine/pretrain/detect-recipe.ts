/** How the nano detector is trained; `dashi.json` records it. */
export const detectRecipe = {
  seed: 1,
  /** Side in pixels at which pictures are rendered; scenes show them at up to this size. */
  renderSize: 128,
  batch: 8,
  steps: 495,
  /** Words that every scene of a batch is asked for: those of all its scenes, and others. */
  queries: 96,
  /** Most objects of a scene. */
  regions: 9,
  lr: 1e-3,
  warmupSteps: 40,
  weightDecay: 0.05,
  clipNorm: 1,
  /** The saved weights are a moving average over about the last 1/(1 − ema) steps. */
  ema: 0.99,
  /**
   * First, boxes are learned; several predictions answer for each object for most of these steps, and the rate falls as if
   * there were more of them. Then the class head is fitted to so many scenes in closed form, and all of it is trained with
   * one prediction for an object, at a rate of its own.
   */
  boxSteps: 415,
  scheduledSteps: 600,
  severalSteps: 360,
  several: 3,
  fitted: 640,
  ridge: 1e-3,
  secondLr: 5e-4,
  /** One in so many words is kept out of training: unseen ones. */
  unseenOneIn: 8,
} as const
