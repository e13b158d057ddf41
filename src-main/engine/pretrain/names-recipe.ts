/** How the model that names regions is trained; `dashi.json` records it. */
export const namesRecipe = {
  seed: 1,
  batch: 128,
  steps: 2400,
  /** Scenes that are drawn, of about eight objects, each of which gives two crops. */
  scenes: 3000,
  /** Crops are drawn that much larger than the input, and shifted by up to the difference each time they are shown. */
  margin: 8,
  /** How much their colours vary, as those of Nano's own training (recipe.ts). */
  colours: { brightness: 0.2, contrast: 0.25, saturation: 0.4, hue: 0.04, grayscale: 0.1 },
  lr: 2e-4,
  warmupSteps: 50,
  beta1: 0.9,
  beta2: 0.98,
  eps: 1e-6,
  weightDecay: 0.1,
  clipNorm: 1,
  ema: 0.99,
  smoothing: 0.1,
  /** Weight of the likeness to what Nano makes of the drawing by itself (distillation), beside the words' cross-entropy. */
  likeness: 4,
  /** The share of the trained weights in those that are kept; the rest are Nano's (WiSE-FT, Wortsman et al. 2022, eq. 3). */
  share: 0.75,
} as const
