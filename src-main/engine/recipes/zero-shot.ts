import { zeroShotHead } from '../tasks/embed.ts'
import type { Recipe } from './context.ts'

/** No training: the classes' prompts, embedded, are the classifier (Radford et al. 2021, §3.1). */
export const zeroShot: Recipe<unknown> = async (run) => ({
  weights: new Map(),
  head: await zeroShotHead(run.model, run.o.classes, run.o.templates, { provider: run.o.provider }),
  losses: [],
})
