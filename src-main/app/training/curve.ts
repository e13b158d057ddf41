/** What a run tells as it goes, kept for windows that open later. */
import type { RunProgress } from '#shared/contract/rooms.ts'

const most = 2000

/** The steps of the phase that was last to have a loss; every second one goes when they become too many. */
export class Curve {
  private kept: RunProgress[] = []
  private every = 1
  private seen = 0

  add(p: RunProgress): void {
    if (p.loss == null) return
    if (this.kept.length && this.kept[0]!.phase !== p.phase) [this.kept, this.every, this.seen] = [[], 1, 0]
    if (this.seen++ % this.every !== 0) return
    this.kept.push(p)
    if (this.kept.length < most) return
    this.kept = this.kept.filter((_, i) => i % 2 === 0)
    this.every *= 2
  }

  get points(): readonly RunProgress[] {
    return this.kept
  }
}

/** At most 500 points of a curve, evenly spaced, to be stored. */
export function thin(curve: readonly number[]): number[] {
  const every = Math.ceil(curve.length / 500)
  return curve.filter((_, i) => i % every === 0)
}
