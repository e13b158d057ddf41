import path from 'node:path'
import { dataError, cancelled } from '#shared/errors.ts'
import { type Sentence, sentence } from '#shared/sentences/table.ts'
import type { Schedule } from '../optim/schedule.ts'
import type { Fault } from './fault.ts'
import type { Judged, Judging } from './judging.ts'
import { type Pauses, roomFor } from './pauses.ts'
import { Rate } from './rate.ts'
import type { Tensor } from './session.ts'
import { markDiverged, type Progress, type Rates, restoreState, type Resume, savedLosses, saveState } from './state.ts'
import type { StepMetrics, Trainer } from './train.ts'

export { savedLosses }

/**
 * A training from its first step to its last. Everything a step needs is derived from its index (`batch` draws order,
 * augmentation and dropout from the seed and the step), so a resumed run is bitwise equal to an uninterrupted one.
 */
export interface TrainingPlan {
  /** Asked for before each step, since `ready` may put another in its place (recipes/reducing.ts). */
  readonly trainer: Trainer
  /** One past the last step; and the first step, if an earlier plan made the ones before and its state was restored. */
  readonly steps: number
  readonly from?: number
  readonly schedule: Schedule
  /**
   * The feeds of micro-batch `micro` of step `step`. Called {@link AHEAD} batches ahead: while one is computed, which blocks
   * this thread, other threads vary the images of the next and decode those of the one after it.
   */
  batch(step: number, micro: number): Promise<Record<string, Tensor>>
  /**
   * Completes the feeds with what depends on the current weights, such as which prediction answers for which target.
   * Called right before the step.
   */
  ready?(feeds: Record<string, Tensor>, step: number, micro: number): Promise<Record<string, Tensor>>
  readonly accumulate?: number
  readonly imagesPerStep: number
}

/** Batches that are loaded while one is computed. */
const AHEAD = 2

export interface LoopProgress {
  readonly step: number
  readonly steps: number
  readonly loss: number
  readonly lr: number
  /** Before clipping; absent where the trainer does not report it. */
  readonly gradNorm?: number
  readonly imagesPerSecond: number
  readonly secondsLeft: number
  /** The epoch that was judged since the last step was told. */
  readonly judged?: Judged
}

export interface LoopOptions {
  readonly onProgress?: (p: LoopProgress) => void
  readonly isCancelled?: () => boolean
  /** Where and how often to save the resumable state. */
  readonly resume?: Resume
  /** Called after each step, e.g. for periodic evaluation. */
  readonly afterStep?: (step: number, metrics: StepMetrics) => Promise<void>
  /** Measures each epoch, and may end the training before its last step. */
  readonly judging?: Judging
  /** If given, a training that cannot save its state waits for room; otherwise it fails. */
  readonly pauses?: Pauses
  /** Told the peak rates of the run, from which step on, if the state that it resumes had another. */
  readonly onRates?: (rates: Rates) => void
}

/**
 * Runs the plan, resuming from `resume.file` if it exists.
 * @returns the loss of every step, including those before the resume
 * @throws a data fault if loss, gradients or weights are not finite; the state before that step is then saved
 */
export async function runLoop(plan: TrainingPlan, o: LoopOptions = {}): Promise<number[]> {
  const { steps, schedule } = plan
  const { onProgress, isCancelled, resume, afterStep, judging } = o
  const accumulate = plan.accumulate ?? 1
  const from = plan.from ?? 0
  const progress: Progress = resume ? restoreState(plan.trainer, resume, from, judging) : { losses: [], rates: [] }
  const { losses, rates } = progress
  if (rates.length > 1) o.onRates?.(rates)
  const first = from + losses.length
  const rate = new Rate(() => o.pauses?.total ?? 0)
  let saved = Date.now()
  const save = (resume: Resume, diverged?: number) =>
    roomFor(o.pauses, path.dirname(resume.file), () => saveState(plan.trainer, progress, resume, judging, diverged))
  let judged: Judged | undefined
  const judge = async (step: number) => {
    try {
      judged = (await judging?.after(step - from, () => plan.trainer.exportWeights({ ema: true }))) ?? judged
    } catch (e) {
      if (resume && isCancelled?.()) await save(resume)
      throw e
    }
  }
  const ahead: Promise<Record<string, Tensor>>[] = []
  let asked = first * accumulate
  const load = () => {
    if (asked >= steps * accumulate) return
    const feeds = plan.batch(Math.floor(asked / accumulate), asked % accumulate)
    feeds.catch(() => undefined) // thrown when awaited
    ahead.push(feeds)
    asked++
  }
  if (first > from) await judge(first) // it may have been stopped while it was measured
  if (!judging?.over) for (let i = 0; i < AHEAD; i++) load()
  for (let step = first; step < steps && !judging?.over; step++) {
    let loss = 0
    let metrics: StepMetrics = { loss: 0 }
    for (let micro = 0; micro < accumulate; micro++) {
      if (isCancelled?.()) {
        if (resume && micro === 0) await save(resume)
        throw cancelled()
      }
      const feeds = await ahead.shift()!
      load()
      const complete = plan.ready ? await plan.ready(feeds, step, micro) : feeds
      const { trainer } = plan
      metrics = await trainer.step(complete, schedule(step))
      loss += metrics.loss / accumulate
      const { fault } = trainer
      if (!fault && Number.isFinite(loss)) continue
      const keeps = resume && fault && fault.kind !== 'weight' && losses.length > 0
      if (keeps) await save(resume, step)
      const kept = keeps ? losses.length : resume && fault ? savedLosses(resume.file).length : 0
      if (!keeps && kept) await markDiverged(resume!.file, step)
      throw diverged(loss, step + 1, fault, kept)
    }
    losses.push(Math.fround(loss)) // rounded to float32 as in the saved state, so that a resumed curve is identical
    const perSecond = rate.tick()
    try {
      await judge(step + 1)
    } finally {
      // Also where the run was cancelled meanwhile: the step is in the saved state.
      onProgress?.({
        step: step + 1,
        steps,
        loss: losses.at(-1)!,
        lr: schedule(step),
        ...(metrics['gradNorm'] !== undefined && { gradNorm: metrics['gradNorm'] }),
        imagesPerSecond: perSecond * plan.imagesPerStep,
        secondsLeft: (steps - step - 1) / perSecond,
        ...(judged && { judged }),
      })
    }
    judged = undefined
    await afterStep?.(step + 1, { ...metrics, loss })
    if (resume && Date.now() - saved >= resume.everySeconds * 1000) {
      await save(resume)
      saved = Date.now()
    }
  }
  return losses
}

function diverged(loss: number, step: number, fault: Fault | undefined, kept: number): Error {
  const said = sentence('training.loss-diverged', { loss: String(loss), step })
  if (!fault?.tensor) return dataError('training', said)
  const { tensor, bad, of } = fault
  const problem: Sentence =
    fault.kind === 'weight'
      ? sentence('training.bad-weight', { tensor, step })
      : fault.kind === 'gradient'
        ? sentence('training.bad-gradient', { tensor, step, bad, of })
        : sentence('training.bad-loss', { loss: String(loss), tensor, step, bad, of })
  return dataError('training', sentence(kept ? 'training.stopped-at' : 'training.stopped', { problem, kept }))
}
