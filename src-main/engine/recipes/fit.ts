/** Training by gradient descent, as recipes share it: judging epochs, keeping the best, and smaller batches where memory runs out. */
import type { Course, JudgedBy, Kept } from '#shared/model/course.ts'
import { DashiError, errorLine, userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Phase } from '#shared/model/progress.ts'
import { warmupCosine } from '../optim/schedule.ts'
import { Judging } from '../runtime/judging.ts'
import { runLoop, type TrainingPlan } from '../runtime/loop.ts'
import { ranOutOfMemory } from '../runtime/memory.ts'
import type { Rates } from '../runtime/state.ts'
import type { Trainer } from '../runtime/train.ts'
import type { Examples } from '../tasks/examples.ts'
import type { Run } from './run.ts'
import type { Keeping } from './settings.ts'

/** How the examples of a step are divided. */
export interface Batches {
  readonly batch: number
  readonly accumulate: number
  /** The examples of micro-batch `micro` of step `step`. */
  rows(step: number, micro: number): number[]
}

/** A training that is ready to begin. */
export interface Opened extends Pick<TrainingPlan, 'ready'> {
  readonly trainer: Trainer
  batch: TrainingPlan['batch']
  /** Measures the current weights on `val`; absent without such images. */
  readonly judge?: () => Promise<number>
  release(): Promise<void>
}

export interface Fit {
  readonly phase: Phase
  readonly settings: Keeping & { readonly epochs: number; readonly lr: number; readonly warmup: number }
  readonly drawn: Examples
  readonly by: JudgedBy
  /** The loss is a mean over the examples, so that the gradient of a batch is the mean of those of its parts. */
  readonly divides: boolean
  open(batches: Batches): Promise<Opened>
}

type Weights = ReadonlyMap<string, Float32Array>

export interface Fitted {
  readonly weights: Weights
  /** The others, where best and last are both kept and differ. */
  readonly other?: { readonly kept: Kept; readonly weights: Weights; readonly course: Course }
  readonly losses: readonly number[]
  readonly notes: Readonly<Record<string, number | string>>
  readonly course: Course
}

/**
 * Trains; where memory runs out, with the same examples a step in smaller batches, whose gradients are averaged.
 * @throws a data fault if memory runs out and batches cannot be made smaller
 */
export async function fit(run: Run, of: Fit): Promise<Fitted> {
  const { drawn, settings } = of
  if ((settings.keep !== 'last' || settings.patience > 0) && !run.split('val').n) throw userError(sentence('training.nothing-to-judge'))
  for (let parts = 1; ;) {
    const size = drawn.batch / parts
    try {
      return await attempt(run, of, dividedInto(drawn, parts))
    } catch (e) {
      if (!ranOutOfMemory(e)) throw e
      const by = leastFactor(size)
      if (!of.divides || by === undefined)
        throw new DashiError(
          'data',
          sentence(of.divides ? 'training.no-memory' : 'training.no-memory-whole', { n: size, reason: errorLine(e) }),
          {
            cause: e,
          },
        )
      parts *= by
    }
  }
}

/** The same examples in each step, in `parts` times as many batches. */
function dividedInto(drawn: Examples, parts: number): Batches {
  const batch = drawn.batch / parts
  return {
    batch,
    accumulate: drawn.accumulate * parts,
    rows: (step, micro) => {
      const [whole, part] = [Math.floor(micro / parts), micro % parts]
      return drawn.rows(step, whole).slice(part * batch, (part + 1) * batch)
    },
  }
}

function leastFactor(n: number): number | undefined {
  for (let by = 2; by <= n; by++) if (n % by === 0) return by
  return undefined
}

async function attempt(run: Run, { phase, settings, drawn, by, open }: Fit, batches: Batches): Promise<Fitted> {
  const { epochs, lr, warmup, keep, patience, minDelta } = settings
  const { perEpoch } = drawn
  const steps = perEpoch * epochs
  const opened = await open(batches)
  const { judge, ready } = opened
  try {
    const judging =
      judge && epochs > 0
        ? new Judging({
            ...{ perEpoch, patience, minDelta, measure: judge, keeps: keep !== 'last', better: by === 'loss' ? 'lower' : 'higher' },
          })
        : undefined
    let rates: Rates | undefined
    const losses = await runLoop(
      {
        get trainer() {
          return opened.trainer
        },
        ...{ steps, ready, accumulate: batches.accumulate, imagesPerStep: drawn.batch * drawn.accumulate },
        schedule: warmupCosine({ lr, warmup: Math.round(steps * warmup), total: steps }),
        batch: opened.batch,
      },
      {
        onProgress: ({ step, steps: total, judged, ...rest }) =>
          run.o.onProgress({
            phase,
            done: step,
            total,
            ...rest,
            ...(judged && { judged: { ...judged, metric: by, answers: run.answers } }),
          }),
        ...{ isCancelled: run.o.isCancelled, pauses: run.o.pauses, judging },
        resume: run.o.resume && { ...run.o.resume, lr },
        onRates: (found) => (rates = found),
      },
    )
    const last = await opened.trainer.exportWeights({ ema: true })
    const epoch = Math.max(1, Math.ceil(losses.length / perEpoch))
    const found = judging?.best && { by, values: judging.values, best: judging.best.epoch }
    const courseOf = (kept: Kept): Course => ({
      kept,
      epoch: kept === 'best' && found ? found.best : epoch,
      ...(found && { judged: found }),
      ...(losses.length < steps && { early: true }),
      ...(batches.batch < drawn.batch && { batches: { size: batches.batch, accumulate: batches.accumulate } }),
      ...(rates && { rates: rates.map(([step, rate]) => [step, rate]) }),
    })
    const best = judging?.weights
    const differs = best !== undefined && found!.best !== epoch
    return {
      weights: keep !== 'last' && best ? best : last,
      ...(keep === 'both' && differs && { other: { kept: 'last', weights: last, course: courseOf('last') } }),
      losses,
      notes: { steps: losses.length },
      course: courseOf(keep === 'last' ? 'last' : 'best'),
    }
  } finally {
    await opened.release()
  }
}
