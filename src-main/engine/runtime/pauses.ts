/** Waiting, in the middle of a job, for something outside it to be put right: room on a disk, a folder that is gone. */
import { setTimeout as pause } from 'node:timers/promises'
import { cancelled } from '#shared/errors.ts'
import type { Awaited as Waits } from '#shared/model/progress.ts'
import { diskFull } from '../../files/words.ts'

export interface PauseOptions {
  /** Told what is waited for, again and again; and null once, when it goes on. */
  onPause(waits: Waits | null): void
  isCancelled(): boolean
  /** Between two tries. */
  readonly everyMs?: number
}

export class Pauses {
  /** Several that wait for the same thing wait together. */
  private readonly waiting = new Map<string, Promise<void>>()
  /** Milliseconds spent waiting. */
  total = 0

  constructor(private readonly options: PauseOptions) {}

  /**
   * Tries until it succeeds.
   * @param waitsFor what a failure means; undefined: it is rethrown
   * @throws if the job is cancelled meanwhile
   */
  async until<T>(body: () => Promise<T>, waitsFor: (e: unknown) => Waits | undefined): Promise<T> {
    for (let paused = false; ; paused = true) {
      try {
        const done = await body()
        if (paused) this.options.onPause(null)
        return done
      } catch (e) {
        const waits = waitsFor(e)
        if (!waits) throw e
        await this.together(waits)
      }
    }
  }

  private together(waits: Waits): Promise<void> {
    const key = `${waits.for} ${waits.path}`
    let one = this.waiting.get(key)
    if (!one) this.waiting.set(key, (one = this.wait(waits).finally(() => this.waiting.delete(key))))
    return one
  }

  private async wait(waits: Waits): Promise<void> {
    const began = performance.now()
    const ends = began + (this.options.everyMs ?? 2000)
    this.options.onPause(waits)
    while (performance.now() < ends) {
      if (this.options.isCancelled()) throw cancelled()
      await pause(Math.min(100, ends - performance.now() + 1))
    }
    this.total += performance.now() - began
  }
}

/** Writes to `folder`; where a full disk prevents it, waits for room if the job may wait. */
export function roomFor<T>(pauses: Pauses | undefined, folder: string, body: () => Promise<T>): Promise<T> {
  const full = { for: 'room', path: folder } as const
  return pauses ? pauses.until(body, (e) => (diskFull(e) ? full : undefined)) : body()
}
