/**
 * Outlining a training: everything that a recipe does up to its first step, without computing anything, so that a plan states what
 * the run itself would train and hold. Whoever would compute asks `outlining()` first and returns a stand-in.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Graph } from '../graph/graph.ts'
import type { Parameter } from '../optim/optimizer.ts'

/** A training step before its sessions are made. */
export interface StepOutline {
  /** The step, and the update where gradients are summed first. */
  readonly graphs: readonly Graph[]
  readonly parameters: readonly Parameter[]
  /** State tensors of each parameter: the weight, the optimiser's moments, a moving average, a sum of gradients. */
  readonly slots: number
}

/** Ends the recipe where its steps would begin. */
class Outlined extends Error {}

export class Outline {
  step: StepOutline | undefined
  /** Parameters of a classifier that is solved for rather than trained in steps. */
  solved = 0

  /** @throws always: nothing that follows is part of an outline */
  steps(step: StepOutline): never {
    this.step = step
    throw new Outlined()
  }
}

const current = new AsyncLocalStorage<Outline>()

/** The outline being made; undefined in a real run. */
export const outlining = (): Outline | undefined => current.getStore()

export async function outlined(body: () => Promise<unknown>): Promise<Outline> {
  const outline = new Outline()
  try {
    await current.run(outline, body)
  } catch (e) {
    if (!(e instanceof Outlined)) throw e
  }
  return outline
}
