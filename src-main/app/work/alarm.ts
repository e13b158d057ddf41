/** Wakes at times of day. */

/** How long, in ms, until the clock is looked at again: it may be set, and the machine may sleep, which a timer does not notice. */
const LOOK = 15_000

export class Alarm {
  private timer: NodeJS.Timeout | undefined
  private listeners: (() => void)[] = []

  /** @param ring called at each of the times that were set last, or soon after */
  constructor(private readonly ring: () => void) {}

  /** @param times ms since 1970 */
  set(times: readonly number[]): void {
    clearTimeout(this.timer)
    for (const heard of this.listeners.splice(0)) heard()
    if (!times.length) return
    const next = Math.min(...times)
    this.timer = setTimeout(() => (Date.now() < next ? this.set(times) : this.ring()), Math.max(1, Math.min(LOOK, next - Date.now())))
  }

  /** Resolves when it has rung or been set anew. */
  rung = (): Promise<void> => new Promise((heard) => this.listeners.push(heard))
}
