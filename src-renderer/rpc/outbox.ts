/**
 * Changes on their way to the application, sent one by one in order. While the connection is lost they are queued, and also kept on disk
 * to survive a reload. A change whose answer was lost is sent again: the application recognises the operation and applies it once.
 */
import { reactive } from 'vue'
import { ConnectionLost, RemoteError } from '#shared/contract/rpc.ts'
import type { Conflict } from '#shared/model/conflict.ts'
import { renamedBy, withIds, type Change, type Renamed } from './changes.ts'

/** Where changes are stored; calls take effect in order. */
export interface OutboxStore {
  /** Unsent changes of this window, or of a window that was closed; oldest first. */
  take(project: string): Promise<Change[]>
  put(changes: readonly Change[]): void
  /** One change is done, and those that refer to what it created are rewritten to use the saved id. */
  done(op: string, rewritten: readonly Change[]): void
}

export interface OutboxEvents {
  /** The application applied it. */
  sent(change: Change, renamed: Renamed): void
  /** The application rejected it. */
  refused(change: Change, error: Error): void
  /** Someone else changed the same thing. Resolves with what to send instead, null for nothing; until then everything waits. */
  conflict?(change: Change, conflicts: readonly Conflict[]): Promise<Change | null>
  /** The project's file is not the one that was opened: everything waits until `reconnected`. */
  replaced?(): void
}

export class Outbox {
  private changes: Change[] = []
  private running = false
  private project: string | null = null
  private resume: (() => void) | null = null
  private readonly ids = new Map<number, number>()
  readonly state = reactive({ waiting: 0 })
  /** The change being sent. */
  sending: Change | null = null

  constructor(
    private readonly send: (change: Change) => Promise<unknown>,
    private readonly store: OutboxStore,
    private readonly events: OutboxEvents,
  ) {}

  add(change: Change): void {
    const known = withIds(change, this.ids)
    this.store.put([known])
    this.push([known])
  }

  /** Changes of earlier pages come first. */
  async restore(project: string): Promise<number> {
    const here = new Set(this.changes.map((c) => c.op))
    const left = (await this.store.take(project)).filter((c) => !here.has(c.op))
    this.push(left)
    return left.length
  }

  private push(changes: readonly Change[]): void {
    this.changes.push(...changes)
    this.state.waiting = this.changes.length
    void this.run()
  }

  /** Changes that were not sent yet, oldest first. */
  get waiting(): readonly Change[] {
    return this.changes
  }

  /** Withdraws the last change; false if it may have been sent already. */
  withdraw(change: Change): boolean {
    if (change === this.sending || this.changes.at(-1) !== change) return false
    this.changes = this.changes.slice(0, -1)
    this.store.done(change.op, [])
    this.state.waiting = this.changes.length
    return true
  }

  /** Moves changes from one project to another: to the copy that was made of it. */
  readdress(from: string, to: string): void {
    this.changes = this.changes.map((c) => (c.project === from ? { ...c, project: to } : c))
    this.store.done('', this.changes)
  }

  /** Only changes of this project are sent; the others stay on disk until theirs is open again. */
  attend(project: string | null): void {
    this.project = project
    if (project !== null) this.changes = this.changes.filter((c) => c.project === project || c === this.sending)
    this.state.waiting = this.changes.length
    this.reconnected()
  }

  /** The connection, or the project, is back. */
  reconnected(): void {
    this.resume?.()
  }

  /** Resolves when everything added so far has been sent. */
  async empty(): Promise<void> {
    while (this.changes.length) await new Promise((resolve) => setTimeout(resolve, 10))
  }

  private async run(): Promise<void> {
    if (this.running) return
    this.running = true
    for (let change = this.changes[0]; change; change = this.changes[0]) {
      if (this.project !== null && change.project !== this.project) {
        this.changes = this.changes.slice(1) // they stay on disk
        continue
      }
      this.sending = change
      let answer: unknown
      try {
        answer = await this.send(change)
      } catch (e) {
        const replaced = e instanceof RemoteError && e.fault === 'replaced'
        if (replaced) this.events.replaced?.()
        if (e instanceof ConnectionLost || replaced) {
          await new Promise<void>((resolve) => (this.resume = resolve))
          this.resume = null
        } else if (e instanceof RemoteError && e.conflicts.length && this.events.conflict)
          this.instead(change, await this.events.conflict(change, e.conflicts))
        else this.finish(change, [], e instanceof Error ? e : new Error(String(e)))
        continue
      }
      this.finish(change, renamedBy(change, answer))
    }
    this.sending = null
    this.running = false
  }

  private instead(change: Change, other: Change | null): void {
    if (!other) return this.finish(change, [])
    this.changes = this.changes.map((c) => (c === change ? other : c))
    this.store.done('', [other])
  }

  private finish(change: Change, renamed: Renamed, error?: Error): void {
    for (const { temporary, id } of renamed) this.ids.set(temporary, id)
    const left = this.changes.slice(1)
    this.changes = renamed.length ? left.map((c) => withIds(c, this.ids)) : left
    this.store.done(change.op, renamed.length ? this.changes : [])
    this.state.waiting = this.changes.length
    this.sending = null
    // Listeners must not delay the remaining changes.
    queueMicrotask(() => (error ? this.events.refused(change, error) : this.events.sent(change, renamed)))
  }
}
