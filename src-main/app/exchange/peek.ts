/** A look at a file by which a format tells whether it is one of its own: its name, its first and last bytes. */
import path from 'node:path'
import { bytesOf } from './bytes.ts'

const reach = 1 << 16

export interface Peek {
  /** Absolute. */
  readonly file: string
  /** The last part of the path, in lower case. */
  readonly name: string
  /** The first 64 KiB. */
  readonly head: string
  /** Is this key of a JSON object among the first or the last 64 KiB? Lists come in any order, so the end counts too. */
  readonly has: (key: string) => boolean
}

/** Reads only what is asked for, and that once. */
export function peekAt(file: string): Peek {
  let [start, end]: (string | undefined)[] = []
  const first = () => (start ??= bytesOf(file, reach).toString())
  const last = () => (end ??= bytesOf(file, -reach).toString())
  return {
    file,
    name: path.basename(file).toLowerCase(),
    get head() {
      return first()
    },
    has: (key) => first().includes(`"${key}"`) || last().includes(`"${key}"`),
  }
}

/** The first bytes as text. */
export const head = (file: string, bytes = reach) => bytesOf(file, bytes).toString()
