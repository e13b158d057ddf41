/**
 * Files of a model folder as they are read. Such a folder comes from elsewhere: a pipe in it would never end, a device or a
 * sparse file would fill the memory, and JSON may be nested so deeply that whoever walks it runs out of stack. All that is
 * refused before anything is read.
 */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '#shared/errors.ts'
import { ioError } from './files.ts'

/** Configuration, indices and records are far smaller. */
export const CONFIG_BYTES = 16 << 20
/** Vocabularies: those of the largest language models are 35 MB. */
export const VOCABULARY_BYTES = 64 << 20
/** The files that models come with are nested ten deep at most. */
const MAX_DEPTH = 64

/** Opens a regular file. What a link leads to is `real`. The caller closes `fd`. */
export function openRegular(file: string): { fd: number; size: number; real: string } {
  let fd: number | undefined
  try {
    const real = fs.realpathSync(file)
    if (!fs.statSync(real).isFile()) throw dataError(file, 'expected a file, found a folder, a pipe or a device')
    fd = fs.openSync(real, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0)) // should it have become a pipe since
    return { fd, size: fs.fstatSync(fd).size, real }
  } catch (e) {
    if (fd !== undefined) fs.closeSync(fd)
    throw danglingLink(file) ?? ioError(file, 'read', e)
  }
}

/** Whether anything of this name is there, were it a link that leads nowhere. */
export function isThere(file: string): boolean {
  try {
    return fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ENOTDIR') return false
    throw ioError(file, 'read', e)
  }
}

/** A download of Hugging Face's cache that was broken off, or cleaned up half, leaves links that lead nowhere. */
function danglingLink(file: string): unknown {
  if (fs.existsSync(file) || !isLink(file)) return undefined
  return dataError(file, `is a link to ${fs.readlinkSync(file)}, which is not there: download the model again`)
}

const isLink = (file: string) => isThere(file) && fs.lstatSync(file).isSymbolicLink()

/** The text of a UTF-8 file of at most `limit` bytes. */
export function readText(file: string, limit = CONFIG_BYTES): string {
  const { fd, size } = openRegular(file)
  try {
    if (size > limit) throw dataError(file, `expected at most ${limit} bytes, found ${size}`)
    const text = new TextDecoder('utf-8', { fatal: true }).decode(fs.readFileSync(fd))
    if (isPointer(text)) throw pointerError(file)
    return text
  } catch (e) {
    if (e instanceof TypeError) throw dataError(file, 'expected text in UTF-8', e)
    throw ioError(file, 'read', e)
  } finally {
    fs.closeSync(fd)
  }
}

/** Whether `text` begins as what Git leaves in the place of a large file that was not fetched. */
export const isPointer = (text: string) => text.startsWith('version https://git-lfs')
export const pointerError = (file: string) => dataError(file, 'is a Git LFS pointer, not the file itself: fetch it with "git lfs pull"')

/** `text` as JSON. @throws SyntaxError, also where it is nested too deeply to be walked safely */
export function parseBounded(text: string): unknown {
  if (depthOf(text) > MAX_DEPTH) throw new SyntaxError(`nested more than ${MAX_DEPTH} deep`)
  try {
    return JSON.parse(text) as unknown
  } catch (e) {
    // The engine's message quotes the text: of a file that is not what it was taken for, that is nobody's business.
    throw new SyntaxError(/position \d+/.exec((e as Error).message)?.[0] ?? 'cut off', { cause: e })
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
 * Refuses links that lead out of the model folder `dir`: what lies there is copied into every model made from it. Within
 * Hugging Face's cache (`models--ORG--NAME/snapshots/REVISION`) the files are links to blobs beside the snapshots.
 */
export function refuseLinksOut(dir: string, names: readonly string[]): void {
  for (const name of names) {
    const file = path.join(dir, name)
    if (!isLink(file) || !fs.existsSync(file)) continue
    const folder = fs.realpathSync(dir)
    const root = path.basename(path.dirname(folder)) === 'snapshots' ? path.dirname(path.dirname(folder)) : folder
    const inside = path.relative(root, fs.realpathSync(file))
    if (inside === '..' || inside.startsWith(`..${path.sep}`) || path.isAbsolute(inside))
      throw dataError(file, `is a link out of its folder, to ${fs.readlinkSync(file)}: put a copy of that file in its place`)
  }
}
