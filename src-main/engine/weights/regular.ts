/**
 * Reads files of a model folder, which may come from anywhere: a pipe would never end, a device or a sparse file
 * would fill the memory, and deeply nested JSON would overflow the stack. All of these are refused before anything is
 * read.
 */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { ioError } from './files.ts'

/** Far above the size of configurations, indices and records. */
export const CONFIG_BYTES = 16 << 20
/** For vocabularies: those of the largest language models are 35 MB. */
export const VOCABULARY_BYTES = 64 << 20
/** Files that ship with models are nested at most ten deep. */
const MAX_DEPTH = 64

/** Opens a regular file; `real` is its path with links resolved. The caller closes `fd`. */
export function openRegular(file: string): { fd: number; size: number; real: string } {
  let fd: number | undefined
  try {
    const real = fs.realpathSync(file)
    if (!fs.statSync(real).isFile()) throw dataError(file, sentence('model.regular-file'))
    fd = fs.openSync(real, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0)) // does not block if it has become a pipe in the meantime
    return { fd, size: fs.fstatSync(fd).size, real }
  } catch (e) {
    if (fd !== undefined) fs.closeSync(fd)
    throw danglingLink(file) ?? ioError(file, 'read', e)
  }
}

/** Whether a directory entry exists, even a broken link. */
export function isThere(file: string): boolean {
  try {
    return fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ENOTDIR') return false
    throw ioError(file, 'read', e)
  }
}

/** Broken links are left by interrupted downloads and partly cleaned Hugging Face caches. */
function danglingLink(file: string): unknown {
  if (fs.existsSync(file) || !isLink(file)) return undefined
  return dataError(file, sentence('model.broken-link', { target: fs.readlinkSync(file) }))
}

const isLink = (file: string) => isThere(file) && fs.lstatSync(file).isSymbolicLink()

/** The text of a UTF-8 file of at most `limit` bytes. */
export function readText(file: string, limit = CONFIG_BYTES): string {
  const { fd, size } = openRegular(file)
  try {
    if (size > limit) throw dataError(file, sentence('model.file-too-large', { limit, found: size }))
    const text = new TextDecoder('utf-8', { fatal: true }).decode(fs.readFileSync(fd))
    if (isPointer(text)) throw pointerError(file)
    return text
  } catch (e) {
    if (e instanceof TypeError) throw dataError(file, sentence('model.not-utf8'), e)
    throw ioError(file, 'read', e)
  } finally {
    fs.closeSync(fd)
  }
}

/** Whether `text` is a Git LFS pointer, which stands in for a large file that was not fetched. */
export const isPointer = (text: string) => text.startsWith('version https://git-lfs')
export const pointerError = (file: string) => dataError(file, sentence('model.lfs-pointer'))

/** Parses JSON. @throws SyntaxError, also if it is nested too deeply */
export function parseBounded(text: string): unknown {
  if (depthOf(text) > MAX_DEPTH) throw new SyntaxError(`nested more than ${MAX_DEPTH} deep`)
  try {
    return JSON.parse(text) as unknown
  } catch (e) {
    // The engine's own message quotes the text, which may be private if the file is not what it was taken for.
    throw new SyntaxError(/position \d+/.exec((e as Error).message)?.[0] ?? 'truncated', { cause: e })
  }
}

/** The deepest nesting of brackets outside strings. */
function depthOf(json: string): number {
  let [depth, deepest] = [0, 0]
  for (let i = 0; i < json.length; i++) {
    const c = json.charCodeAt(i)
    if (c === 0x22) {
      for (i++; i < json.length && json.charCodeAt(i) !== 0x22; i++) if (json.charCodeAt(i) === 0x5c) i++
    } else if (c === 0x5b || c === 0x7b) deepest = Math.max(deepest, ++depth)
    else if (c === 0x5d || c === 0x7d) depth--
  }
  return deepest
}

/**
 * Refuses links that lead out of the model folder `dir`, since its files are copied into every model made from it.
 * Within a Hugging Face cache (`models--ORG--NAME/snapshots/REVISION`), links to the blobs next to the snapshots are
 * allowed.
 */
export function refuseLinksOut(dir: string, names: readonly string[]): void {
  for (const name of names) {
    const file = path.join(dir, name)
    if (!isLink(file) || !fs.existsSync(file)) continue
    const folder = fs.realpathSync(dir)
    const root = path.basename(path.dirname(folder)) === 'snapshots' ? path.dirname(path.dirname(folder)) : folder
    const inside = path.relative(root, fs.realpathSync(file))
    if (inside === '..' || inside.startsWith(`..${path.sep}`) || path.isAbsolute(inside))
      throw dataError(file, sentence('model.link-out', { target: fs.readlinkSync(file) }))
  }
}
