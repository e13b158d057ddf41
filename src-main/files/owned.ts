/** Folders that we made: a marker in them says so and lists what we put there. */
import fs from 'node:fs'
import path from 'node:path'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { ownerMark, type WrittenFiles } from '#shared/model/owned.ts'
import { ioError } from './words.ts'

export type OwnedKind = 'export' | 'sample' | 'index' | 'project'

/** Hidden, and without an extension: no reader of datasets takes it for one of its files. */
export const markerOf = (kind: OwnedKind) => `.dashi-${kind}`

/** What systems leave in a folder that was looked at. */
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

/** Says in a folder that we made it: to be called when all else is written. */
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

/** The list in the marker; undefined where there is none that we wrote. */
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
  /** `added` is not ours at all; `changed` was written to since. */
  readonly how: 'added' | 'changed'
}

export interface Looking {
  readonly ignore?: readonly string[]
  /** Whether a file that was written to since is somebody's work. */
  readonly content?: boolean
  /** Where the list has no times: written after this (ms) is written to since. */
  readonly since?: number
}

/** The first file of a folder that is not as we wrote it. What is missing is nobody's loss. */
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
      // A folder that we filled may have been emptied.
      if (rel.endsWith('/') && Object.keys(files).some((f) => f.startsWith(rel))) continue
      return { rel, how: 'added' }
    }
    if (content && (known[0] !== size || (since === undefined ? known[1] !== time : time > since))) return { rel, how: 'changed' }
  }
  return undefined
}

/**
 * Proves that a folder is one that we made and holds nothing else. @param content whether a file that was written to since is
 * somebody's work: not so in a cache
 * @throws one line naming the first file that is not ours
 */
export function proveOwned(kind: OwnedKind, { as = `made by Dashi`, content = true } = {}): Proof {
  return (folder, name) => {
    if (!fs.lstatSync(folder).isDirectory()) throw userError(sentence('file.expected-folder', { path: name }))
    const files = markedFiles(folder, kind)
    if (!files) throw userError(`${name}: not replaced, since it was not ${as} (it has no ${markerOf(kind)}); choose another place`)
    const other = firstNotOurs(folder, files, { ignore: [markerOf(kind)], content })
    if (!other) return
    const why = other.how === 'added' ? `was not ${as}` : `was changed since it was ${as}`
    throw userError(`${path.join(name, other.rel)}: ${why}: not replaced; take it elsewhere first, or choose another place`)
  }
}

/** Throws where `place`, which the person knows as `name`, is not wholly ours. */
export type Proof = (place: string, name: string) => void | Promise<void>
