import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { runLoop, type TrainingPlan } from '../runtime/loop.ts'
import type { StepMetrics } from '../runtime/train.ts'

interface Resumed {
  readonly recipe: { readonly batch: number }
  /** Identifies the model and the data in saved states. */
  readonly identity: unknown
  readonly steps: number
  readonly stateDir: string
  /** Of the state; each part of a pre-training has its own. */
  readonly file?: string
  readonly onMetrics?: (step: number, steps: number, metrics: StepMetrics) => void
}

/** Runs a plan of a pre-training, from the state that an earlier run of the same left in its folder. @returns the loss of every step */
export function runResumed(o: Resumed, plan: Omit<TrainingPlan, 'imagesPerStep'>): Promise<number[]> {
  mkdirSync(o.stateDir, { recursive: true })
  return runLoop(
    { ...plan, imagesPerStep: o.recipe.batch },
    {
      resume: {
        file: path.join(o.stateDir, o.file ?? 'state.safetensors'),
        everySeconds: 120,
        identity: JSON.stringify([o.recipe, o.steps, o.identity]),
      },
      afterStep: async (step, metrics) => o.onMetrics?.(step, o.steps, metrics),
    },
  )
}
