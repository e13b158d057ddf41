/**
 * Records the journal's position at the last acknowledged edit in a file next to the database: a truncated or removed
 * log, or an older copy of the file, leaves no trace in the database itself. The note is not synced to disk, so after
 * a power cut it may name an earlier position, never a later one.
 */
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'

const head = z.object({ /** The project's. */ id: z.string(), seq: z.number().int(), /** Milliseconds since 1970. */ at: z.number() })
export type Head = z.infer<typeof head>
const bytes = 160
const fileOf = (database: string) => join(dirname(database), 'project.head')

export function readHead(database: string): Head | null {
  try {
    return head.parse(JSON.parse(readFileSync(fileOf(database), 'utf8')))
  } catch {
    return null // missing, or truncated by a crash
  }
}

/** For a database that was replaced on purpose, so that it is not reported as incomplete. */
export const forgetHead = (database: string): void => rmSync(fileOf(database), { force: true })

function openForWriting(file: string): number {
  closeSync(openSync(file, 'a'))
  return openSync(file, 'r+')
}

/** Writes the note in place, as one write of fixed length; write errors are ignored. */
export class HeadNote {
  private fd: number | null = null
  private seq = -1

  constructor(
    private readonly database: string,
    private readonly id: string,
  ) {}

  write(seq: number): void {
    if (seq === this.seq) return
    this.seq = seq
    try {
      this.fd ??= openForWriting(fileOf(this.database))
      writeSync(this.fd, JSON.stringify({ id: this.id, seq, at: Date.now() }).padEnd(bytes - 1) + '\n', 0)
    } catch {
      this.fd = null
    }
  }

  close(): void {
    if (this.fd !== null) closeSync(this.fd)
    this.fd = null
  }
}
