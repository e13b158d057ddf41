/** Learning rate as a function of the step, counted from 0. */
export type Schedule = (step: number) => number

/**
 * Linear warm-up to `lr` over `warmup` steps, then half a cosine to 0 at `total`
 * (wise-ft and model-soups utils.py cosine_lr: (step + 1)/warmup, then ½(1 + cos π·(step − warmup)/(total − warmup))).
 */
export function warmupCosine({ lr, warmup, total }: { lr: number; warmup: number; total: number }): Schedule {
  return (step) =>
    step < warmup ? (lr * (step + 1)) / warmup : 0.5 * (1 + Math.cos((Math.PI * (step - warmup)) / Math.max(1, total - warmup))) * lr
}

export const constant =
  (lr: number): Schedule =>
  () =>
    lr
