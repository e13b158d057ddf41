/** Jobs of the queue that wait for something outside them, outside the engine. */
import type { StepProgress } from '#shared/model/progress.ts'
import { Pauses } from '../../engine/runtime/index.ts'
import { diskFull } from '../../files/words.ts'

export interface Waiter {
  readonly signal: AbortSignal
  progress(now: StepProgress): void
}

/** @param everyMs between two tries */
export const pausesOf = ({ signal, progress }: Waiter, everyMs?: number): Pauses =>
  new Pauses({
    onPause: (waits) => progress({ phase: 'checking', done: 0, total: null, ...(waits && { waits }) }),
    isCancelled: () => signal.aborted,
    ...(everyMs !== undefined && { everyMs }),
  })

/** Repeats what failed for want of room on the disk of `folder`, until there is. @throws if the job is cancelled meanwhile */
export const whenRoom = <T>(waiter: Waiter, folder: string, body: () => T | Promise<T>): Promise<T> =>
  pausesOf(waiter).until(
    async () => body(),
    (e) => (diskFull(e) ? { for: 'room', path: folder } : undefined),
  )
