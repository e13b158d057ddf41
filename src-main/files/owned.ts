/** Folders that we created: a marker file inside says so and lists the files we wrote. */
import fs from 'node:fs'
import path from 'node:path'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { ownerMark, type WrittenFiles } from '#shared/model/owned.ts'
import { ioError } from './words.ts'

export type OwnedKind = 'export' | 'sample' | 'index' | 'project' | 'model'

/** Hidden and without an extension, so that dataset readers ignore it. */
export const markerOf = (kind: OwnedKind) => `.dashi-${kind}`

/** Files that operating systems leave in folders they display. */
const leftBySystems = /^(\.DS_Store|\._.*|Thumbs\.db|ehthumbs\.db|desktop\.ini|\.directory)$/

/** All files of a folder, and its empty folders; links are not followed. */
export function writtenIn(folder: string, without: readonly string[] = []): WrittenFiles {
  const files: WrittenFiles = {}
  for (const { rel, size, time } of walk(folder)) if (!without.includes(rel)) files[rel] = [size, time]
  return files
}

function* walk(folder: string, under = ''): Generator<{ rel: string; size: number; time: number; plain: boolean }> {
  const entries = fs.readdirSync(path.join(folder, under), { withFileTypes: true })
  if (under && !entries.length) yield { rel: `${under}/`, size: 0, time: 0, plain: true }
  for (const entry of entries) {
    const rel = under ? `${under}/${entry.name}` : entry.name
    if (entry.isDirectory()) yield* walk(folder, rel)
    else {
      const { size, mtimeMs } = fs.lstatSync(path.join(folder, rel))
      yield { rel, size, time: Math.floor(mtimeMs), plain: entry.isFile() }
    }
  }
}

/** Marks a folder as made by us; call it after everything else is written. */
export function mark(folder: string, kind: OwnedKind): void {
  const marker = {
    about: `Made by Dashi, which replaces this folder as a whole when asked to, while it holds only these files.`,
    kind,
    version: 1,
    made: new Date().toISOString(),
    files: writtenIn(folder),
  }
  fs.writeFileSync(path.join(folder, markerOf(kind)), `${JSON.stringify(marker)}\n`, { flag: 'wx' })
}

/** The list in the marker; undefined if there is no marker of ours. */
export function markedFiles(folder: string, kind: OwnedKind): WrittenFiles | undefined {
  let text: string
  try {
    text = fs.readFileSync(path.join(folder, markerOf(kind)), 'utf8')
  } catch (e) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(String((e as NodeJS.ErrnoException).code))) return undefined
    throw ioError(path.join(folder, markerOf(kind)), 'read', e)
  }
  try {
    const marker = ownerMark.parse(JSON.parse(text))
    return marker.kind === kind ? marker.files : undefined
  } catch {
    return undefined
  }
}

export interface Difference {
  readonly rel: string
  /** `added`: not written by us; `changed`: modified since we wrote it. */
  readonly how: 'added' | 'changed'
}

export interface Looking {
  readonly ignore?: readonly string[]
  /** Whether files modified since count as somebody's work. */
  readonly content?: boolean
  /** If the list has no times: files modified after this (ms) count as changed. */
  readonly since?: number
}

/** The first file in a folder that is not as we wrote it. Missing files do not matter. */
export function firstNotOurs(
  folder: string,
  files: WrittenFiles,
  { ignore = [], content = true, since }: Looking = {},
): Difference | undefined {
  for (const { rel, size, time, plain } of walk(folder)) {
    if (ignore.includes(rel)) continue
    const known = Object.hasOwn(files, rel) ? files[rel] : undefined
    if (!known || !plain) {
      if (plain && !rel.endsWith('/') && leftBySystems.test(path.posix.basename(rel))) continue
      // A folder whose files we wrote may have been emptied.
      if (rel.endsWith('/') && Object.keys(files).some((f) => f.startsWith(rel))) continue
      return { rel, how: 'added' }
    }
    if (content && (known[0] !== size || (since === undefined ? known[1] !== time : time > since))) return { rel, how: 'changed' }
  }
  return undefined
}

/** How our folders come to be. */
type Owned = 'owned.made' | 'owned.drawn' | 'owned.exported'

/**
 * Proves that a folder was made by us and holds nothing else.
 * @param content whether modified files count as somebody's work (not so in a cache)
 * @throws a one-line error naming the first file that is not ours
 */
export function proveOwned(kind: OwnedKind, { as = 'owned.made', content = true }: { as?: Owned; content?: boolean } = {}): Proof {
  return (folder, name) => {
    if (!fs.lstatSync(folder).isDirectory()) throw userError(sentence('file.expected-folder', { path: name }))
    const files = markedFiles(folder, kind)
    if (!files) throw userError(sentence('file.not-marked', { path: name, how: sentence(as), marker: markerOf(kind) }))
    const other = firstNotOurs(folder, files, { ignore: [markerOf(kind)], content })
    if (!other) return
    throw userError(sentence(`file.${other.how}`, { path: path.join(name, other.rel), how: sentence(as) }))
  }
}

/** Throws unless all of `place`, known to the user as `name`, is ours. */
export type Proof = (place: string, name: string) => void | Promise<void>
