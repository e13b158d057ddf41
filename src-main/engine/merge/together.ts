/** Executes a plan with a second thread, since a sum is limited by the memory bandwidth of one core. */
import os from 'node:os'
import { Worker } from 'node:worker_threads'
import { DashiError, type Fault } from '#shared/errors.ts'
import type { Sentence } from '#shared/sentences/table.ts'
import { SharedProgress, carryOut, type Failure, type Hooks, type MergePlan } from './plan.ts'

/** Sent to the helper thread. Not validated: both sides are this program. */
export interface HelperTask {
  readonly plan: MergePlan
  readonly memory: SharedArrayBuffer
}

/** The helper's answer: null, or an error flattened for transfer between threads. */
export type HelperAnswer = {
  readonly piece: number
  readonly fault?: Fault
  readonly message: string
  readonly sentence?: Sentence
  readonly code?: string
} | null

export interface Helper {
  /** The built merge-worker.ts. */
  readonly program: URL
  /** Minimum input size for a second thread, whose start takes some 40 ms. */
  readonly fromBytes?: number
}

/**
 * Executes the plan, with a second thread if worthwhile. Once this settles, no thread uses its files any more.
 * @throws the first error in file order
 */
export async function carryOutTogether(plan: MergePlan, hooks: Hooks, helper?: Helper): Promise<void> {
  const progress = new SharedProgress()
  const bytes = plan.tensors.reduce((n, { inputs }) => inputs.reduce((m, x) => m + x.length, n), 0)
  const together = helper && bytes >= (helper.fromBytes ?? 512e6) && os.availableParallelism() > 1
  const failures = await Promise.all([together ? help(helper.program, plan, progress) : undefined, carryOut(plan, progress, hooks)])
  const [first] = failures.flatMap((f) => f ?? []).sort((a, b) => a.piece - b.piece)
  if (first) throw first.error
}

function help(program: URL, plan: MergePlan, progress: SharedProgress): Promise<Failure | undefined> {
  const workerData: HelperTask = { plan, memory: progress.memory }
  return new Promise((resolve) => {
    const broke = (error: unknown) => {
      progress.stop()
      resolve({ piece: -2, error })
    }
    new Worker(program, { workerData })
      .on('message', (answer: HelperAnswer) => resolve(answer ? { piece: answer.piece, error: errorOf(answer) } : undefined))
      .on('error', broke)
      .on('exit', (code) => broke(new Error(`the merge's second thread exited with code ${code} before it finished`)))
  })
}

const errorOf = ({ fault, message, sentence, code }: NonNullable<HelperAnswer>) =>
  fault ? new DashiError(fault, sentence ?? message) : Object.assign(new Error(message), code && { code })

/** The helper's side. */
export async function answer({ plan, memory }: HelperTask): Promise<HelperAnswer> {
  const failure = await carryOut(plan, new SharedProgress(memory))
  if (!failure) return null
  const { piece, error } = failure
  return {
    piece,
    fault: error instanceof DashiError ? error.fault : undefined,
    message: error instanceof Error ? error.message : String(error),
    sentence: error instanceof DashiError ? error.sentence : undefined,
    code: (error as NodeJS.ErrnoException).code,
  }
}
