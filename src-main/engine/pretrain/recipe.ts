export const recipe = {
  seed: 1,
  /** Vocabulary size of the BPE. */
  vocabulary: 3600,
  contextLength: 16,
  /** Side in pixels at which images are rendered; the model sees 96-px views of them. */
  renderSize: 128,
  batch: 128,
  epochs: 60,
  /** AdamW as in CLIP (Radford et al. 2021, table 19), with a learning rate for a small model and batch. */
  lr: 6e-4,
  /** The image tower's learning rate relative to the text tower's; low, to preserve its initialisation (start.ts). */
  imageRate: 0.1,
  warmupSteps: 100,
  beta1: 0.9,
  beta2: 0.98,
  eps: 1e-6,
  weightDecay: 0.1,
  clipNorm: 1,
  /** The saved weights are a moving average over about the last 1/(1 − ema) steps. */
  ema: 0.998,
  /**
   * Weight of the prototype loss relative to the contrastive one: image and caption are each classified among all
   * concepts by a table of learned embeddings that both towers share and that is discarded afterwards (labels and
   * captions in one space, as in UniCL, Yang et al. 2022). It makes every concept a negative for each example, which
   * a small batch cannot.
   */
  prototypeWeight: 0.5,
  prototypeScale: 16,
  /** Fraction of captions drawn from those that name the concept; the others are keywords. */
  namedCaptions: 0.65,
} as const

/**
 * Augmentations in training: position and size, colour, and background. Never mirrored, since drawings of an object
 * usually face the same way.
 */
export const views = {
  minScale: 0.7,
  maxScale: 1.3,
  aspect: 1.15,
  rotate: 10,
  shear: 5,
  brightness: 0.2,
  contrast: 0.25,
  saturation: 0.4,
  hue: 0.04,
  grayscale: 0.1,
  background: 0.15,
} as const
