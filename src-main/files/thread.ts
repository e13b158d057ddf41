/** Both ends of a task in a worker thread: submitting it, and running it. The messages are in model/thread.ts. */
import { parentPort, type Worker } from 'node:worker_threads'
import type { z } from 'zod'
import { cancelled, userError } from '#shared/errors.ts'
import { issueSentence } from '#shared/sentences/issue.ts'
import { errorOf, failureOf } from '#shared/model/failure.ts'
import type { StepProgress } from '#shared/model/progress.ts'
import { threadMessage, type ThreadMessage, threadRequest, type ThreadRequest } from '#shared/model/thread.ts'
import { diskFull, inWords } from './words.ts'

export interface ThreadHooks {
  readonly onProgress?: (progress: StepProgress) => void
  /** Called after a commit with changes that others may want to see. */
  readonly onChange?: () => void
}

export interface ThreadTask {
  readonly result: Promise<unknown>
  /** Takes effect when the task next checks the flag, at the latest with its next progress report. */
  cancel(): void
}

/**
 * Gives a thread a task; wait for `result` to settle before giving it the next. An invalid message, or a hook that
 * throws, cancels the task; its messages are still read to the end, because the thread is busy until then.
 */
export function giveTask(worker: Worker, task: unknown, { onProgress, onChange }: ThreadHooks = {}): ThreadTask {
  const cancel = new SharedArrayBuffer(4)
  const stop = () => void Atomics.store(new Int32Array(cancel), 0, 1)
  let stopListening = () => {}
  const result = new Promise<unknown>((resolve, reject) => {
    let problem: unknown
    const onMessage = (raw: unknown) => {
      try {
        const message = threadMessage.parse(raw)
        if (message.type === 'progress') onProgress?.(message.progress)
        else if (message.type === 'changed') onChange?.()
        else if (problem) reject(problem)
        else if (message.type === 'done') resolve(message.result)
        else reject(errorOf(message))
      } catch (e) {
        problem ??= e
        const { type } = (raw ?? {}) as { type?: unknown }
        if (type === 'progress' || type === 'changed') stop()
        else reject(problem)
      }
    }
    const onExit = (code: number) => reject(new Error(`the worker thread ended with code ${code} before its task was done`))
    worker.on('message', onMessage).on('error', reject).on('exit', onExit)
    stopListening = () => worker.off('message', onMessage).off('error', reject).off('exit', onExit)
    const request: ThreadRequest = { task, cancel }
    worker.postMessage(request)
  }).finally(() => stopListening())
  return { result, cancel: stop }
}

export interface TaskControl {
  readonly isCancelled: () => boolean
  /** Aborted with the flag, which is checked at each progress report and whenever the thread is idle. */
  readonly signal: AbortSignal
  readonly progress: (progress: StepProgress) => void
  readonly changed: () => void
}

/** How often the flag is checked while the thread waits, in ms. */
const pace = 50

/** Runs the tasks given to this thread, one at a time. With `once` it ends after the first. */
export function serveTasks<S extends z.ZodType>(
  schema: S,
  carryOut: (task: z.output<S>, control: TaskControl) => Promise<unknown>,
  { once = false } = {},
): void {
  const port = parentPort!
  const send = (message: ThreadMessage) => port.postMessage(message)
  const answer = async (raw: unknown) => {
    const abort = new AbortController()
    let watch: NodeJS.Timeout | undefined
    try {
      const { task, cancel } = threadRequest.parse(raw)
      const parsed = schema.safeParse(task)
      if (!parsed.success) throw userError(issueSentence(parsed.error))
      const flag = new Int32Array(cancel)
      const isCancelled = () => Atomics.load(flag, 0) === 1
      const look = () => {
        if (isCancelled()) abort.abort()
      }
      watch = setInterval(look, pace)
      const progress = (now: StepProgress) => {
        look() // timers do not fire inside a transaction
        send({ type: 'progress', progress: now })
      }
      send({ type: 'done', result: await carryOut(parsed.data, { isCancelled, signal: abort.signal, progress, changed }) })
    } catch (thrown) {
      send({ type: 'failed', ...failureOf(abort.signal.aborted && !diskFull(thrown) ? cancelled() : inWords(thrown)) })
    } finally {
      clearInterval(watch)
      if (once) port.close()
    }
  }
  const changed = () => send({ type: 'changed' })
  port.on('message', (raw: unknown) => void answer(raw))
}
