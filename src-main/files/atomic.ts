/**
 * Files that are either the old or the new whole, never a part: written beside, fsynced, renamed.
 * The default import of `fs` is deliberate: tests put faults (a full disk) into it.
 */
import fs from 'node:fs'
import path from 'node:path'
import { createHash, randomBytes } from 'node:crypto'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { ioError } from './words.ts'

/** Temporary siblings are named `.NAME.PID-RANDOM.part`, so that those of dead processes can be told and swept. */
export const part = (target: string) =>
  path.join(path.dirname(target), `.${shortened(path.basename(target))}.${process.pid}-${randomBytes(4).toString('hex')}.part`)

/** A name may have 255 bytes, the temporary one's included. */
export function shortened(name: string): string {
  if (Buffer.byteLength(name) <= 200) return name
  let kept = name
  while (Buffer.byteLength(kept) > 180) kept = kept.slice(0, -1)
  return `${kept}~${createHash('sha256').update(name).digest('hex').slice(0, 12)}`
}

const alive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** It has ended, and whoever inherited it has not taken note yet: in a container perhaps for long. */
function isZombie(pid: number): boolean {
  try {
    return /^[ZX]/.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!)
  } catch {
    return false // another system than Linux, or it is gone at this moment
  }
}

/** Removes what a killed process left when it was writing `target`. */
export function sweep(target: string): void {
  const prefix = `.${shortened(path.basename(target))}.`
  for (const name of fs.readdirSync(path.dirname(target))) {
    if (!name.startsWith(prefix) || !name.endsWith('.part')) continue
    const pid = /^(\d+)-[0-9a-f]{8}\.part$/.exec(name.slice(prefix.length))?.[1]
    if (pid && !alive(Number(pid))) fs.rmSync(path.join(path.dirname(target), name), { recursive: true, force: true })
  }
}

export const syncFolder = (folder: string) => {
  if (process.platform === 'win32') return // a folder cannot be opened there, and renames are journalled
  const fd = fs.openSync(folder, 'r')
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

/** Writes all of `bytes` at the descriptor's position; the short writes that the system may make are continued. */
export async function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    done += await new Promise<number>((resolve, reject) =>
      fs.write(fd, bytes, done, Math.min(bytes.byteLength - done, 1 << 30), null, (e, n) => (e ? reject(e) : resolve(n))),
    )
  }
}

/** Writes all of `bytes` at once: the short writes that a nearly full disk makes are continued, or end in its error. */
export function writeAllSync(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.byteLength;) done += fs.writeSync(fd, bytes, done, Math.min(bytes.byteLength - done, 1 << 30))
}

/**
 * Replaces `file` by what `write` puts into the descriptor that it is given. A failure, a full disk among them, leaves
 * the old file as it was and nothing beside it, and is one line that names the file.
 */
export async function replaceFile(file: string, write: (fd: number) => Promise<void>): Promise<void> {
  const beside = part(file)
  let fd: number | undefined
  try {
    sweep(file)
    fd = fs.openSync(beside, 'wx')
    await write(fd)
    const open = fd
    await new Promise<void>((resolve, reject) => fs.fsync(open, (e) => (e ? reject(e) : resolve())))
    fs.closeSync(fd)
    fd = undefined
    fs.renameSync(beside, file)
    syncFolder(path.dirname(file))
  } catch (e) {
    if (fd !== undefined) fs.closeSync(fd)
    fs.rmSync(beside, { force: true })
    throw ioError(file, 'written', e)
  }
}

export interface TextOptions {
  readonly mode?: number
  /** Asked about the text that stands in its place: where that is none of ours, it is somebody's and stays. */
  readonly isOurs?: (text: string) => boolean
}

/** The same at once, for a text; its folder is made where it is not there. What a link leads to is replaced, not the link. */
export function replaceText(name: string, text: string, { mode = 0o666, isOurs }: TextOptions = {}): void {
  const file = fs.existsSync(name) ? fs.realpathSync(name) : name
  const beside = part(file)
  let fd: number | undefined
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true })
    sweep(file)
    if (isOurs && fs.existsSync(file) && !isOurs(fs.readFileSync(file, 'utf8'))) throw userError(sentence('file.not-ours', { path: name }))
    fd = fs.openSync(beside, 'wx', mode)
    writeAllSync(fd, Buffer.from(text))
    fs.fsyncSync(fd)
    fs.closeSync(fd)
    fd = undefined
    fs.renameSync(beside, file)
  } catch (e) {
    if (fd !== undefined) fs.closeSync(fd)
    fs.rmSync(beside, { force: true })
    throw ioError(file, 'written', e)
  }
}
