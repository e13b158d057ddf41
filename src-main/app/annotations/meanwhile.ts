/**
 * Detects what somebody else changed since the window last looked, before anything is written: a conflict leaves
 * nothing half done.
 */
import { changedMeanwhile, ConflictError, type Conflict } from '#shared/model/conflict.ts'

export class Meanwhile {
  private readonly conflicts: Conflict[] = []

  /** @param whole whether `before` contains every field */
  constructor(
    private readonly entity: Conflict['entity'],
    private readonly whole = false,
  ) {}

  /**
   * Records fields changed by `mine` in which `now` (null: removed) differs from `before`. True if the change can be
   * made.
   */
  change(id: number, now: object | null, before: object | undefined, mine: object): boolean {
    if (!before) return true
    const fields = changedMeanwhile(now ?? {}, before, mine, this.whole)
    if (now && fields.length === 0) return true
    const wanted = Object.entries(mine)
      .filter(([, v]) => v !== undefined)
      .map(([field, mine]) => ({ field, base: null, theirs: null, mine: mine as never }))
    this.conflicts.push({ entity: this.entity, id, how: now ? 'changed' : 'removed', removing: false, fields: now ? fields : wanted })
    return false
  }

  /** A removal must not discard changes that its author has not seen. True if there is something to remove. */
  remove(id: number, now: object | null, before: object | undefined): boolean {
    if (!before) return true
    if (!now) return false
    const fields = changedMeanwhile(
      now,
      before,
      Object.fromEntries([...Object.keys(before), ...(this.whole ? Object.keys(now) : [])].map((k) => [k, null])),
      this.whole,
    ).map((f) => ({ ...f, mine: null }))
    if (fields.length === 0) return true
    this.conflicts.push({ entity: this.entity, id, how: 'changed', removing: true, fields })
    return false
  }

  /** Throws the recorded conflicts. Call before the first change of the compared rows. */
  settle(): void {
    if (this.conflicts.length) throw new ConflictError(this.conflicts)
  }
}
