import { cancelled } from '#shared/errors.ts'

export interface Turn<T> {
  readonly result: Promise<T>
  /** Others were ahead of it when it came. */
  readonly waits: boolean
  /** Resolves when its turn comes; never, if it leaves before that. */
  readonly begun: Promise<void>
  /** Ends it at once as cancelled while it waits; false once its turn has come. */
  leave(): boolean
}

/** One after the other, in the order in which they come. One that is still waiting may leave at any time. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve()
  private held = 0

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
    result.catch(() => undefined) // whoever cancels need not be listening yet
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
