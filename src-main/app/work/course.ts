/** How far a job of several phases is as a whole, and how long the rest will take. Each phase has a weight: what it costs. */

export interface Phase {
  readonly name: string
  /** Beside the other phases' of the job; for the ones that run a model, in images through the model forwards. */
  readonly cost: number
  /** Its time says how long other such phases take: those through a model are compared with one another. */
  readonly measures?: boolean
}
export type Plan = readonly Phase[]

export interface Standing {
  /** Of the whole, 0 … 1; it never falls. null: nothing is known of the end. */
  readonly share: number | null
  /** null: there is no ground for a guess yet. */
  readonly secondsLeft: number | null
}

/** A phase says nothing of its rate before it has taken so long, in s. */
const least = 1
/** How much of the last guess stays in the next, for each second that passed in between. */
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
  /** What phases that measure have cost and taken so far. */
  private measured = { cost: 0, seconds: 0 }
  private end: { at: number; told: number } | null = null

  /** Without a plan there is one phase. */
  constructor(
    plan: Plan = [],
    private readonly now: () => number = Date.now,
  ) {
    this.costs = new Map(plan.map((p) => [p.name, p]))
    this.order = plan.map((p) => p.name)
    this.whole = plan.reduce((s, p) => s + p.cost, 0)
    // A planned job has a share from the first: what comes before its phases, as a look at the files does, is no part of the whole.
    if (plan.length) this.share = 0
  }

  /** A phase that is not in the plan moves nothing. */
  stand(phase: string, done: number, total: number | null): Standing {
    const planned = this.order.length ? this.order.indexOf(phase) : 0
    if (planned < 0 || planned < this.at) return { share: this.share, secondsLeft: this.left() }
    const now = this.now()
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

  /** The end of the phase that was at work: what it took is known now. */
  private close(now: number): void {
    const phase = this.costs.get(this.order[this.at] ?? '')
    const seconds = (now - this.begun) / 1000
    // What was there already, from an earlier time, says nothing of what the rest takes.
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
    // Of what makes up most of the time nothing was measured yet: no guess is better than a wrong one.
    if (perCost === null && ahead > own / 4) return void (this.end = null)
    const fresh = now + 1000 * (rest + ahead * (perCost ?? seconds / made / own))
    const kept = this.end ? inertia ** ((now - this.end.told) / 1000) : 0
    this.end = { at: this.end ? kept * this.end.at + (1 - kept) * fresh : fresh, told: now }
  }

  private left(): number | null {
    return this.end && Math.max(0, (this.end.at - this.now()) / 1000)
  }
}
