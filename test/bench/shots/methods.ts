/** The ways that the bench `shots` compares, with the settings of each for so many shots. */

/** Recipes, in the order of the legend. */
export const methods = ['zero-shot', 'lp', 'coop', 'vpt', 'lora', 'tip-adapter', 'ft', 'lp-ft'] as const
type Method = (typeof methods)[number]

/**
 * FT's and LP-FT's rates were chosen without a test picture (app/demo/plan.ts); LoRA, VPT, CoOp and Tip-Adapter keep the recipes' own
 * rates. `epochs` is of 8 pictures a class.
 */
const settings: Readonly<Record<Method, Readonly<Record<string, unknown>> & { readonly epochs?: number }>> = {
  'zero-shot': {},
  lp: { cCount: 14 },
  coop: { epochs: 30 },
  vpt: { epochs: 8 },
  lora: { epochs: 8 },
  'tip-adapter': {},
  ft: { epochs: 8, lr: 3e-5 },
  'lp-ft': { epochs: 8, lr: 1e-5, cCount: 14 },
}

/** Of fewer pictures there are more passes, so that there are as many steps, though at most four times as many passes. */
export function settingsOf(method: Method, shots: number): Record<string, unknown> {
  const { epochs, ...own } = settings[method]
  return epochs === undefined ? own : { ...own, epochs: Math.max(1, Math.round(epochs * Math.min(4, 8 / shots))) }
}
