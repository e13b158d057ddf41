import { cancelled } from '#shared/errors.ts'

export interface Turn<T> {
  readonly result: Promise<T>
  /** Others were ahead of it when it was queued. */
  readonly waits: boolean
  /** Resolves when its turn comes; never, if it leaves the queue before. */
  readonly begun: Promise<void>
  /** Cancels it while it is queued; returns false once its turn has come. */
  leave(): boolean
}

/** A FIFO queue that runs tasks one at a time. A waiting task may leave at any time. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve()
  private held = 0

  /** A task runs or waits. */
  get busy(): boolean {
    return this.held > 0
  }

  take<T>(body: () => Promise<T>): Turn<T> {
    const waits = this.held++ > 0
    let state: 'waiting' | 'begun' | 'left' = 'waiting'
    let begin = () => {}
    let end: (e: Error) => void = () => undefined
    const begun = new Promise<void>((resolve) => (begin = resolve))
    const left = new Promise<never>((_, reject) => (end = reject))
    left.catch(() => undefined)
    const own = this.last.then(async () => {
      if (state === 'left') return left
      state = 'begun'
      begin()
      try {
        return await body()
      } finally {
        this.held--
      }
    })
    this.last = own.catch(() => undefined)
    const result = Promise.race([own, left])
    result.catch(() => undefined) // avoids an unhandled rejection if it is cancelled before anyone awaits it
    return {
      result,
      waits,
      begun,
      leave: () => {
        if (state !== 'waiting') return false
        state = 'left'
        this.held--
        end(cancelled())
        return true
      },
    }
  }
}
