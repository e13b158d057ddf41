/**
 * Atomic file replacement (the old file or the new one, never a part): write a temporary sibling, fsync, rename. `fs`
 * is imported as default deliberately: tests inject faults such as a full disk.
 */
import fs from 'node:fs'
import path from 'node:path'
import { createHash, randomBytes } from 'node:crypto'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { ioError } from './words.ts'

/** Temporary siblings are named `.NAME.PID-RANDOM.part`, so that leftovers of dead processes can be recognised and swept. */
export const part = (target: string) =>
  path.join(path.dirname(target), `.${shortened(path.basename(target))}.${process.pid}-${randomBytes(4).toString('hex')}.part`)

/** File names are limited to 255 bytes, including the temporary one's. */
export function shortened(name: string): string {
  if (Buffer.byteLength(name) <= 200) return name
  let kept = name
  while (Buffer.byteLength(kept) > 180) kept = kept.slice(0, -1)
  return `${kept}~${createHash('sha256').update(name).digest('hex').slice(0, 12)}`
}

/** Whether a process of this id runs; one that has ended but was not reaped does not. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The process has ended but its parent has not reaped it, which in a container may take long. */
function isZombie(pid: number): boolean {
  try {
    return /^[ZX]/.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!)
  } catch {
    return false // not Linux, or the process has just gone
  }
}

/** Removes temporary files left by a process killed while writing `target`. */
export function sweep(target: string): void {
  const prefix = `.${shortened(path.basename(target))}.`
  for (const name of fs.readdirSync(path.dirname(target))) {
    if (!name.startsWith(prefix) || !name.endsWith('.part')) continue
    const pid = /^(\d+)-[0-9a-f]{8}\.part$/.exec(name.slice(prefix.length))?.[1]
    if (pid && !isAlive(Number(pid))) fs.rmSync(path.join(path.dirname(target), name), { recursive: true, force: true })
  }
}

export const syncFolder = (folder: string) => {
  if (process.platform === 'win32') return // Windows cannot open a folder to fsync it, and journals renames
  const fd = fs.openSync(folder, 'r')
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

/** Writes all of `bytes` at the descriptor's position, continuing after short writes. */
export async function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    done += await new Promise<number>((resolve, reject) =>
      fs.write(fd, bytes, done, Math.min(bytes.byteLength - done, 1 << 30), null, (e, n) => (e ? reject(e) : resolve(n))),
    )
  }
}

/** Synchronously writes all of `bytes`: short writes, as on a nearly full disk, are continued or end in the disk's error. */
export function writeAllSync(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.byteLength;) done += fs.writeSync(fd, bytes, done, Math.min(bytes.byteLength - done, 1 << 30))
}

/**
 * Replaces `file` with what `write` puts into the given descriptor. On failure, such as a full disk, the old file
 * stays as it was, nothing is left next to it, and the error is one line naming the file.
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
  /** Given the existing text; if it returns false, the text is somebody else's and is kept. */
  readonly isOurs?: (text: string) => boolean
}

/** Synchronously replaces a text file, creating its folder if needed. A link's target is replaced, not the link. */
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
