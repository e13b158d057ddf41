import { existsSync } from 'node:fs'
import { dataError, cancelled } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Schedule } from '../optim/schedule.ts'
import { openSafetensors, writeSafetensors } from '../weights/safetensors.ts'
import { fromMemory } from '../weights/tensors.ts'
import type { Tensor } from './session.ts'
import type { StepMetrics, Trainer } from './train.ts'

/**
 * A training from its first step to its last. Everything a step needs is derived from its index (`batch` draws order,
 * augmentation and dropout from the seed and the step), so a resumed run is bitwise equal to an uninterrupted one.
 */
export interface TrainingPlan {
  readonly trainer: Trainer
  /** One past the last step; and the first step, if an earlier plan made the ones before and its state was restored. */
  readonly steps: number
  readonly from?: number
  readonly schedule: Schedule
  /**
   * The feeds of micro-batch `micro` of step `step`. Called one batch ahead, so that decoding overlaps with
   * computation.
   */
  batch(step: number, micro: number): Promise<Record<string, Tensor>>
  /**
   * Completes the feeds with what depends on the current weights, such as which prediction answers for which target.
   * Called right before the step.
   */
  ready?(feeds: Record<string, Tensor>, step: number): Promise<Record<string, Tensor>>
  readonly accumulate?: number
  readonly imagesPerStep: number
}

export interface LoopProgress {
  readonly step: number
  readonly steps: number
  readonly loss: number
  readonly lr: number
  /** Before clipping; absent where the trainer does not report it. */
  readonly gradNorm?: number
  readonly imagesPerSecond: number
  readonly secondsLeft: number
}

export interface LoopOptions {
  readonly onProgress?: (p: LoopProgress) => void
  readonly isCancelled?: () => boolean
  /**
   * Where and how often to save the resumable state. A state saved under a different `identity` is ignored, except for
   * the one that earlier versions gave the same run.
   */
  readonly resume?: { readonly file: string; readonly everySeconds: number; readonly identity: string; readonly formerly?: string }
  /** Called after each step, e.g. for periodic evaluation. */
  readonly afterStep?: (step: number, metrics: StepMetrics) => Promise<void>
}

/**
 * Runs the plan, resuming from `resume.file` if it exists.
 * @returns the loss of every step, including those before the resume
 */
export async function runLoop(plan: TrainingPlan, { onProgress, isCancelled, resume, afterStep }: LoopOptions = {}): Promise<number[]> {
  const { trainer, steps, schedule } = plan
  const accumulate = plan.accumulate ?? 1
  const from = plan.from ?? 0
  const losses = resume ? restore(trainer, resume, from) : []
  const first = from + losses.length
  const rate = new Rate()
  let saved = Date.now()
  const load = (step: number, micro: number) => {
    const feeds = plan.batch(step, micro)
    feeds.catch(() => undefined) // thrown when awaited
    return feeds
  }
  let ahead = first < steps ? load(first, 0) : undefined
  for (let step = first; step < steps; step++) {
    let loss = 0
    let metrics: StepMetrics = { loss: 0 }
    for (let micro = 0; micro < accumulate; micro++) {
      if (isCancelled?.()) {
        if (resume && micro === 0) await save(trainer, losses, resume)
        throw cancelled()
      }
      const feeds = await ahead!
      const last = micro + 1 === accumulate
      ahead = last ? (step + 1 < steps ? load(step + 1, 0) : undefined) : load(step, micro + 1)
      metrics = await trainer.step(plan.ready ? await plan.ready(feeds, step) : feeds, schedule(step))
      loss += metrics.loss / accumulate
    }
    if (!Number.isFinite(loss)) throw dataError('training', sentence('training.loss-diverged', { loss: String(loss), step: step + 1 }))
    losses.push(Math.fround(loss)) // rounded to float32 as in the saved state, so that a resumed curve is identical
    const perSecond = rate.tick()
    onProgress?.({
      step: step + 1,
      steps,
      loss: losses.at(-1)!,
      lr: schedule(step),
      ...(metrics['gradNorm'] !== undefined && { gradNorm: metrics['gradNorm'] }),
      imagesPerSecond: perSecond * plan.imagesPerStep,
      secondsLeft: (steps - step - 1) / perSecond,
    })
    await afterStep?.(step + 1, { ...metrics, loss })
    if (resume && Date.now() - saved >= resume.everySeconds * 1000) {
      await save(trainer, losses, resume)
      saved = Date.now()
    }
  }
  return losses
}

/** Steps per second over the last few steps, so that the remaining time reflects the machine's current load. */
class Rate {
  private readonly times = [performance.now()]
  tick(): number {
    this.times.push(performance.now())
    if (this.times.length > 30) this.times.shift()
    return ((this.times.length - 1) / (this.times.at(-1)! - this.times[0]!)) * 1000
  }
}

type Resume = NonNullable<LoopOptions['resume']>

/** Saves weights, optimiser state and loss curve as one safetensors file, replaced atomically. */
async function save(trainer: Trainer, losses: readonly number[], { file, identity }: Resume): Promise<void> {
  const state = await trainer.snapshot()
  state.set('losses', Float32Array.from(losses))
  const tensors = new Map([...state].map(([name, data]) => [name, { shape: [data.length], data }]))
  await writeSafetensors(file, fromMemory(tensors), { identity, format: 'dashi-run' })
}

function restore(trainer: Trainer, { file, identity, formerly }: Resume, from: number): number[] {
  if (!existsSync(file)) return []
  const saved = openSafetensors(file)
  try {
    const saidToBe = saved.metadata['identity']
    if (saidToBe !== identity && (saidToBe === undefined || saidToBe !== formerly)) return [] // from a run with other data, recipe or seed
    const state = new Map([...saved.tensors.keys()].map((name) => [name, saved.float32(name)]))
    const losses = [...state.get('losses')!]
    state.delete('losses')
    trainer.restore(state, from + losses.length)
    return losses
  } finally {
    saved.close()
  }
}

/** The loss curve of a saved state; empty if there is none. */
export function savedLosses(file: string): number[] {
  if (!existsSync(file)) return []
  const saved = openSafetensors(file)
  try {
    return saved.metadata['format'] === 'dashi-run' ? [...saved.float32('losses')] : []
  } finally {
    saved.close()
  }
}
