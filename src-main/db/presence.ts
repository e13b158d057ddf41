/**
 * Checks that the file at the path is still the one that is open. A sync client or a restored backup may replace it;
 * later writes would go to a file that is no longer reachable. Detected by device and inode of the file and its log
 * and, if the file was overwritten in place, by a change of size or time that none of our commits explains.
 */
import { statSync } from 'node:fs'
import type { Replacement } from '#shared/contract/projects.ts'
import { replacedError } from '#shared/errors.ts'

/**
 * removed: no longer at the path. replaced: another file is there. overwritten: the same file has other content. log:
 * its log is missing.
 */
export type { Replacement }

interface Seen {
  dev: bigint
  ino: bigint
  size: bigint
  mtime: bigint
}

const what: Record<Replacement['how'], string> = {
  removed: 'was removed or moved by another program',
  replaced: 'was replaced by another program',
  overwritten: 'was written over by another program',
  log: 'lost its log (project.db-wal) to another program',
}
export const replacementLine = ({ how, file }: Replacement) =>
  `${file}: ${what[how]} while it was open; the edit was not saved, and no more are until a copy is saved or the project is opened anew`

export class Presence {
  private main: Seen | null
  private log: Seen | null
  private version: unknown
  replaced: Replacement | null = null
  /**
   * Number of connections in other threads of this process. They checkpoint on their own, so that meanwhile a change
   * of the file's size or time proves nothing.
   */
  company = 0

  /** `dataVersion` changes when another connection commits. */
  constructor(
    private readonly file: string,
    private readonly dataVersion: () => unknown,
  ) {
    this.version = dataVersion() // creates the log if there was none
    this.main = see(file)
    this.log = see(`${file}-wal`)
  }

  /** Identifies the open file for another thread that opens it by path. */
  get identity(): string | null {
    return this.main && nameOf(this.main)
  }

  /** Throws if the file is not the one that was opened. Costs two stat calls, some microseconds. */
  ensure(): void {
    if (this.look()) throw replacedError(replacementLine(this.replaced!))
  }

  look(): Replacement | null {
    if (this.replaced) return this.replaced
    const how = this.compare()
    if (how) this.replaced = { how, file: this.file }
    return this.replaced
  }

  /** Call after our own commit, which may have checkpointed the log into the file. */
  committed(): void {
    const main = see(this.file)
    if (!this.replaced && sameFile(this.main, main)) this.main = main
    this.ensure()
  }

  /** Whether the file still has the size last seen. */
  get sameSize(): boolean {
    return this.main !== null && see(this.file)?.size === this.main.size
  }

  /** Clears a false alarm. */
  forgive(): void {
    this.replaced = null
    this.accept()
  }

  /** Accepts the file's current state as ours. */
  accept(): void {
    const main = see(this.file)
    if (this.replaced || !sameFile(this.main, main)) return
    this.main = main
    this.version = this.dataVersion()
  }

  /** Records a replacement that only another connection could see. */
  lose(): void {
    this.replaced ??= { how: 'overwritten', file: this.file }
  }

  private compare(): Replacement['how'] | null {
    const [main, log] = [see(this.file), see(`${this.file}-wal`)]
    if (!main) return 'removed'
    if (!this.main || !sameFile(this.main, main)) return 'replaced'
    if (main.size !== this.main.size || main.mtime !== this.main.mtime) {
      const version = this.dataVersion()
      if (version === this.version && this.company === 0) return 'overwritten'
      this.version = version
      this.main = main
    }
    if (this.log && !(log && sameFile(this.log, log))) return 'log'
    this.log ??= log
    return null
  }
}

const nameOf = ({ dev, ino }: Seen) => `${dev}:${ino}`
export function identityOf(file: string): string | null {
  const seen = see(file)
  return seen && nameOf(seen)
}

function see(file: string): Seen | null {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false })
  return stat ? { dev: stat.dev, ino: stat.ino, size: stat.size, mtime: stat.mtimeNs } : null
}

/** Some network file systems have no inodes: they report 0, which proves nothing. */
const sameFile = (a: Seen | null, b: Seen | null) => a !== null && b !== null && a.ino === b.ino && (a.dev === b.dev || a.ino === 0n)
