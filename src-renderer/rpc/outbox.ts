/**
 * Changes on their way to the application, one after the other in the order in which they were made. While the connection is
 * lost they wait; the one whose answer was lost is first checked for having arrived after all, so that none is made twice.
 */
import { reactive } from 'vue'
import { ConnectionLost } from '#shared/contract/rpc.ts'

export interface Change {
  /** Sends it. */
  send(): Promise<void>
  /** Was it made, although its answer never came? Asked after a reconnect. */
  arrived(): Promise<boolean>
  /** The application refused it. */
  refused(error: Error): void
}

export class Outbox {
  private readonly changes: Change[] = []
  private running = false
  private resume: (() => void) | null = null
  readonly state = reactive({ waiting: 0 })

  add(change: Change): void {
    this.changes.push(change)
    this.state.waiting = this.changes.length
    void this.run()
  }

  /** The connection is back. */
  reconnected(): void {
    this.resume?.()
  }

  /** When everything added so far has been sent. */
  async empty(): Promise<void> {
    while (this.changes.length) await new Promise((resolve) => setTimeout(resolve, 10))
  }

  private async run(): Promise<void> {
    if (this.running) return
    this.running = true
    let doubtful = false
    for (let change = this.changes[0]; change; change = this.changes[0]) {
      try {
        if (!doubtful || !(await change.arrived())) await change.send()
        doubtful = false
      } catch (e) {
        if (e instanceof ConnectionLost) {
          doubtful = true
          await new Promise<void>((resolve) => (this.resume = resolve))
          this.resume = null
          continue
        }
        doubtful = false
        change.refused(e instanceof Error ? e : new Error(String(e)))
      }
      this.changes.shift()
      this.state.waiting = this.changes.length
    }
    this.running = false
  }
}
