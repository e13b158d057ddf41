/** What a format needs to recognise a file: its name, first and last bytes. */
import path from 'node:path'
import { bytesOf } from './bytes.ts'
import { type Outline, outlineOf } from './outline.ts'

const reach = 1 << 16

export interface Peek {
  /** An absolute path. */
  readonly file: string
  /** Lower-case file name. */
  readonly name: string
  /** The first 64 KiB. */
  readonly head: string
  /** Whether this key appears in the first or last 64 KiB. Keys come in any order, so the end counts too. */
  readonly has: (key: string) => boolean
  /** The outline of the JSON starting in the first bytes. */
  readonly outline: Outline
  /** Whether this key may hold a list; false if the first bytes show another value. */
  readonly list: (key: string) => boolean
}

/** Reads lazily, and each part once. */
export function peekAt(file: string): Peek {
  let [start, end]: (string | undefined)[] = []
  let shape: Outline | undefined
  const outline = () => (shape ??= outlineOf(first()))
  const first = () => (start ??= bytesOf(file, reach).toString())
  const last = () => (end ??= bytesOf(file, -reach).toString())
  return {
    file,
    name: path.basename(file).toLowerCase(),
    get head() {
      return first()
    },
    get outline() {
      return outline()
    },
    list: (key) => (outline().keys.get(key) ?? 'array') === 'array' && (first().includes(`"${key}"`) || last().includes(`"${key}"`)),
    has: (key) => first().includes(`"${key}"`) || last().includes(`"${key}"`),
  }
}

/** The first bytes as text. */
export const head = (file: string, bytes = reach) => bytesOf(file, bytes).toString()
