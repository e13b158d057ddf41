/** Overall progress and remaining time of a job with several phases, each weighted by its cost. */

export interface Phase {
  readonly name: string
  /** Relative to the job's other phases; for phases that run a model, the number of forward-pass images. */
  readonly cost: number
  /** Whether its duration predicts that of other such phases; those that run a model are compared with each other. */
  readonly measures?: boolean
}
export type Plan = readonly Phase[]

export interface Standing {
  /** Overall share, 0 to 1, never decreasing; null if the total is unknown. */
  readonly share: number | null
  /** null as long as there is no basis for an estimate. */
  readonly secondsLeft: number | null
}

/** Minimum duration, in s, before a phase's rate is used. */
const least = 1
/** A silence of so many ms, and so many times as long as any before, is none of work. */
const [shortestGap, gapTimes] = [30_000, 10]
/** Weight of the previous estimate in the next, per second passed. */
const inertia = 0.8

export class Course {
  private readonly costs: Map<string, Phase>
  private readonly whole: number
  private readonly order: readonly string[]
  private at = -1
  private begun = 0
  private from = 0
  private done = 0
  private share: number | null = null
  /** Total cost and duration of the measuring phases so far. */
  private measured = { cost: 0, seconds: 0 }
  private end: { at: number; told: number } | null = null
  /** When it was told last, and the longest time between two times, in ms. */
  private told = 0
  private longest = 0

  /** Without a plan there is a single phase. */
  constructor(
    plan: Plan = [],
    private readonly now: () => number = Date.now,
  ) {
    this.costs = new Map(plan.map((p) => [p.name, p]))
    this.order = plan.map((p) => p.name)
    this.whole = plan.reduce((s, p) => s + p.cost, 0)
    // A planned job has a share from the start; work before its phases, such as checking files, does not count.
    if (plan.length) this.share = 0
  }

  /** Phases that are not in the plan do not move it. */
  stand(phase: string, done: number, total: number | null): Standing {
    const planned = this.order.length ? this.order.indexOf(phase) : 0
    if (planned < 0 || planned < this.at) return { share: this.share, secondsLeft: this.left() }
    const now = this.now()
    this.leaveOut(now)
    if (planned > this.at || done < this.done) {
      if (this.at >= 0) this.close(now)
      ;[this.at, this.begun, this.from] = [planned, now, done]
    }
    this.done = done
    const part = total ? Math.min(1, done / total) : 0
    const own = this.costs.get(phase)?.cost ?? 1
    const before = this.order.slice(0, planned).reduce((s, n) => s + this.costs.get(n)!.cost, 0)
    const share = total === null && !this.order.length ? null : (before + own * part) / (this.whole || 1)
    if (share !== null) this.share = Math.min(1, Math.max(this.share ?? 0, share))
    this.guess(now, phase, own, part, total)
    return { share: this.share, secondsLeft: this.left() }
  }

  /** Time in which the machine slept, the process was stopped or the job was paused says nothing about its rate. */
  private leaveOut(now: number): void {
    const gap = this.told ? now - this.told : 0
    this.told = now
    if (gap < 0 || (this.longest && gap > Math.max(shortestGap, gapTimes * this.longest))) {
      this.begun += gap
      if (this.end) this.end = { at: this.end.at + gap, told: this.end.told + gap }
    } else this.longest = Math.max(this.longest, gap)
  }

  /** Ends the current phase, whose duration is now known. */
  private close(now: number): void {
    const phase = this.costs.get(this.order[this.at] ?? '')
    const seconds = (now - this.begun) / 1000
    // Results kept from an earlier run say nothing about the rate of the rest.
    if (phase?.measures && seconds >= least)
      this.measured = { cost: this.measured.cost + phase.cost, seconds: this.measured.seconds + seconds }
  }

  private guess(now: number, phase: string, own: number, part: number, total: number | null): void {
    const seconds = (now - this.begun) / 1000
    const made = total ? part - this.from / total : 0
    if (seconds < least || made <= 0) return
    const rest = (seconds / made) * (1 - part)
    const known = this.costs.get(phase)?.measures
      ? { cost: this.measured.cost + own * made, seconds: this.measured.seconds + seconds }
      : this.measured
    const later = this.order.slice(this.at + 1).map((n) => this.costs.get(n)!)
    const perCost = known.cost > 0 ? known.seconds / known.cost : null
    const ahead = later.reduce((s, p) => s + p.cost, 0)
    // If nothing measured covers most of the remaining time, no estimate is better than a wrong one.
    if (perCost === null && ahead > own / 4) return void (this.end = null)
    const fresh = now + 1000 * (rest + ahead * (perCost ?? seconds / made / own))
    const kept = this.end ? inertia ** ((now - this.end.told) / 1000) : 0
    this.end = { at: this.end ? kept * this.end.at + (1 - kept) * fresh : fresh, told: now }
  }

  private left(): number | null {
    return this.end && Math.max(0, (this.end.at - this.now()) / 1000)
  }
}
