/**
 * Files and folders that are either the old or the new whole, never a part: written beside, fsynced, renamed.
 * The default import of `fs` is deliberate: tests put faults (a full disk) into it.
 */
import fs from 'node:fs'
import path from 'node:path'
import { randomBytes } from 'node:crypto'
import { DashiError, dataError } from '#shared/errors.ts'

const REASONS: Record<string, string> = {
  ENOENT: 'not found',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'is a folder, expected a file',
  ENOTDIR: 'a part of its path is a file, expected a folder',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'disk quota exceeded',
  EROFS: 'the file system is read-only',
  EFBIG: 'file too large for the file system',
  EIO: 'input/output error of the device',
  EMFILE: 'too many open files',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'its name is too long',
}

/** A system call's failure on `file` as one line; any other error unchanged. */
export const ioError = (file: string, verb: 'read' | 'written', e: unknown): unknown => {
  const code = e instanceof DashiError ? undefined : (e as NodeJS.ErrnoException | undefined)?.code
  const reason = code && REASONS[code]
  if (!reason) return e
  return dataError(file, code === 'ENOENT' && verb === 'read' ? 'not found' : `cannot be ${verb}: ${reason}`, e)
}

/** Temporary siblings are named `.NAME.PID-RANDOM.part`, so that those of dead processes can be told and swept. */
const part = (target: string) =>
  path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}-${randomBytes(4).toString('hex')}.part`)

const alive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Removes what a killed process left when it was writing `target`. */
function sweep(target: string) {
  const prefix = `.${path.basename(target)}.`
  for (const name of fs.readdirSync(path.dirname(target))) {
    if (!name.startsWith(prefix) || !name.endsWith('.part')) continue
    const pid = /^(\d+)-[0-9a-f]{8}\.part$/.exec(name.slice(prefix.length))?.[1]
    if (pid && !alive(Number(pid))) fs.rmSync(path.join(path.dirname(target), name), { recursive: true, force: true })
  }
}

const syncFolder = (folder: string) => {
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
  for (let done = 0; done < bytes.byteLength; ) {
    done += await new Promise<number>((resolve, reject) =>
      fs.write(fd, bytes, done, Math.min(bytes.byteLength - done, 1 << 30), null, (e, n) => (e ? reject(e) : resolve(n))),
    )
  }
}

/** Writes all of `bytes` at `position`. For threads that do nothing but that: it waits. */
export function writeAllAt(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.byteLength; ) done += fs.writeSync(fd, bytes, done, Math.min(bytes.byteLength - done, 1 << 30), position + done)
}

/** Fills `into` from `position` of the descriptor. @returns the bytes read, fewer only at the end of the file */
export function readAll(fd: number, into: Uint8Array, position: number): number {
  let done = 0
  while (done < into.byteLength) {
    const n = fs.readSync(fd, into, done, Math.min(into.byteLength - done, 1 << 30), position + done)
    if (n === 0) break
    done += n
  }
  return done
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

/** The name under which an old folder waits while the new one takes its place. */
const aside = (folder: string) => path.join(path.dirname(folder), `.${path.basename(folder)}.old`)

/** Ends a replacement that a killed process left half-way: if only the old folder is there, it gets its name back. */
export function restoreFolder(name: string): void {
  const folder = path.resolve(name)
  if (fs.existsSync(folder) || !fs.existsSync(aside(folder))) return
  try {
    fs.renameSync(aside(folder), folder)
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== 'ENOENT') throw ioError(folder, 'written', e)
  }
}

/**
 * Replaces `folder` by a new one that `fill` makes at the path it is given. Folders cannot be swapped by one rename, so
 * the old one waits beside for the moment in between; {@link restoreFolder} puts it back after a crash there.
 */
export async function replaceFolder(folder: string, fill: (beside: string) => Promise<void>): Promise<void> {
  const target = path.resolve(folder)
  const beside = part(target)
  try {
    fs.mkdirSync(path.dirname(target), { recursive: true })
    restoreFolder(target)
    sweep(target)
    fs.mkdirSync(beside)
    await fill(beside)
    syncFolder(beside)
    fs.rmSync(aside(target), { recursive: true, force: true })
    if (fs.existsSync(target)) fs.renameSync(target, aside(target))
    fs.renameSync(beside, target)
    syncFolder(path.dirname(target))
    fs.rmSync(aside(target), { recursive: true, force: true })
  } catch (e) {
    fs.rmSync(beside, { recursive: true, force: true })
    restoreFolder(target)
    // A file inside is named by the path that it would have had.
    if (e instanceof DashiError) throw new DashiError(e.fault, e.message.replaceAll(beside, folder), { cause: e.cause })
    throw ioError(folder, 'written', e)
  }
}
