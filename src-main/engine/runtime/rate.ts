/** How fast a training is. */

/** How many of the last steps count. */
const KEPT = 30
/** A step that takes so many times as long as the longest of the others, and so many ms, was interrupted, not slow. */
const TIMES = 20
const LEAST = 10_000

/**
 * Steps per second over the last few steps, so that the remaining time reflects the machine's current load. Time in which
 * the run was paused does not count, nor a gap in which the machine slept or the process was stopped.
 */
export class Rate {
  private readonly took: number[] = []
  private last = performance.now()
  private paused = 0

  /** @param pausedMs for how long the run has been paused so far */
  constructor(private readonly pausedMs: () => number = () => 0) {}

  tick(): number {
    const [now, paused] = [performance.now(), this.pausedMs()]
    const took = Math.max(0, now - this.last - (paused - this.paused))
    ;[this.last, this.paused] = [now, paused]
    const longest = Math.max(...this.took)
    this.took.push(this.took.length && took > LEAST && took > TIMES * longest ? longest : took)
    if (this.took.length >= KEPT) this.took.shift()
    return (this.took.length / this.took.reduce((a, b) => a + b, 0)) * 1000
  }
}
