/** Both halves of a task in a worker thread: giving it and hearing of it, and carrying it out. The messages are in model/thread.ts. */
import { parentPort, type Worker } from 'node:worker_threads'
import type { z } from 'zod'
import { cancelled, userError } from '#shared/errors.ts'
import { errorOf, failureOf } from '#shared/model/failure.ts'
import type { StepProgress } from '#shared/model/progress.ts'
import { threadMessage, type ThreadMessage, threadRequest, type ThreadRequest } from '#shared/model/thread.ts'
import { diskFull, inWords } from './words.ts'

export interface ThreadHooks {
  readonly onProgress?: (progress: StepProgress) => void
  /** Something that others may look at was committed. */
  readonly onChange?: () => void
}

export interface ThreadTask {
  readonly result: Promise<unknown>
  /** The task sees it at its next look at the flag: at the latest with its next progress. */
  cancel(): void
}

/**
 * Gives a thread a task. The next one may come when `result` has settled. A message that cannot be understood, or a hook that throws,
 * cancels the task; it is heard to its end all the same, since the thread is at work until then.
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
  /** Aborted with the flag; looked at with each progress, and in between where the thread comes to rest. */
  readonly signal: AbortSignal
  readonly progress: (progress: StepProgress) => void
  readonly changed: () => void
}

/** How often the flag is looked at while the thread waits for something, in ms. */
const pace = 50

/** Carries out the tasks that this thread is given, one at a time. `once`: it ends by itself after the first. */
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
      if (!parsed.success) throw userError(`${parsed.error.issues[0]!.path.join('.')}: ${parsed.error.issues[0]!.message}`)
      const flag = new Int32Array(cancel)
      const isCancelled = () => Atomics.load(flag, 0) === 1
      const look = () => {
        if (isCancelled()) abort.abort()
      }
      watch = setInterval(look, pace)
      const progress = (now: StepProgress) => {
        look() // a timer is not served in the middle of a transaction
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
