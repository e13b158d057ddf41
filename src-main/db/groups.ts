/** Edits of a connection that are being made as one step of undo, although each is a transaction of its own. */
import { setImmediate } from 'node:timers/promises'
import type { Database } from './database.ts'

const open = new WeakMap<Database, Group>()

export class Group {
  /** The position of its first entry; 0 until there is one. */
  first = 0

  constructor(private readonly db: Database) {
    open.set(db, this)
  }

  static of = (db: Database): Group | undefined => open.get(db)

  close(): void {
    if (open.get(this.db) === this) open.delete(this.db)
  }

  /** Lets the program do other things, whose edits are not of this group. */
  async rest(): Promise<void> {
    this.close()
    await setImmediate()
    open.set(this.db, this)
  }
}
