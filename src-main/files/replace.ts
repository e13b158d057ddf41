/**
 * The only way this program writes a file or folder where something may already exist. The existing target is replaced
 * only if all of it is proven ours; kept places are never touched; the old content is restored on any failure. `fs` is
 * imported as default deliberately: tests inject faults into it.
 */
import fs from 'node:fs'
import path from 'node:path'
import { DashiError, userError } from '#shared/errors.ts'
import { type Param, type Sentence, sentence } from '#shared/sentences/table.ts'
import { part, shortened, sweep, syncFolder } from './atomic.ts'
import type { Proof } from './owned.ts'
import { type Kept, lstat, refusePlace } from './places.ts'
import { ioError } from './words.ts'

export interface Replacing {
  /** Proves that the existing target is ours. Without it, only a missing target or an empty folder is replaced. */
  readonly proof?: Proof
  /** Places that must not be replaced, directly or as part of a folder that contains them. */
  readonly kept?: Iterable<Kept>
}

/** Temporary name of the old target while the new one is moved into place. */
const aside = (target: string) => path.join(path.dirname(target), `.${shortened(path.basename(target))}.old`)

/**
 * Calls `make` with a free path next to the target and puts the result at `name`. Neither folders nor open files can
 * be swapped by a single rename, so the old target is moved aside for a moment; {@link restore} moves it back after a
 * crash.
 */
export async function replace(name: string, make: (beside: string) => Promise<void> | void, replacing: Replacing = {}): Promise<void> {
  const target = path.resolve(name)
  await refuseReplacing(name, replacing)
  const beside = part(target)
  let made: string | undefined
  try {
    made = fs.mkdirSync(path.dirname(target), { recursive: true })
    sweep(target)
    await make(beside)
    if (fs.lstatSync(beside).isDirectory()) syncFolder(beside)
    await swap(name, target, beside, replacing.proof)
    syncFolder(path.dirname(target))
  } catch (e) {
    removeMade(beside)
    if (made !== undefined) removeEmpty(path.dirname(target), made)
    // Errors name the final path, not the temporary one.
    if (e instanceof DashiError) throw e.message.includes(beside) ? renamed(e, beside, name) : e
    throw ioError(name, 'written', e)
  }
}

/** The error with another path in its message. */
function renamed({ fault, sentence: said, message, cause }: DashiError, from: string, to: string): DashiError {
  const param = (p: Param): Param => (typeof p === 'string' ? p.replaceAll(from, to) : typeof p === 'object' ? within(p) : p)
  const within = ({ code, params }: Sentence): Sentence => ({
    code,
    params: Object.fromEntries(Object.entries(params).map(([name, p]) => [name, param(p)])),
  })
  return new DashiError(fault, said ? within(said) : message.replaceAll(from, to), { cause })
}

/** Like {@link replace}, for a folder that is created empty before `fill` is called. */
export const replaceFolder = (name: string, fill: (beside: string) => Promise<void> | void, replacing: Replacing = {}): Promise<void> =>
  replace(
    name,
    (beside) => {
      fs.mkdirSync(beside)
      return fill(beside)
    },
    replacing,
  )

/**
 * Fails early where {@link replace} would fail after the work.
 * @throws a one-line error naming what is not ours
 */
export async function refuseReplacing(name: string, { proof, kept }: Replacing = {}): Promise<void> {
  const target = path.resolve(name)
  refusePlace(target, kept)
  if (proof) await restore(target, proof)
  const info = lstat(target)
  if (!info || isEmptyFolder(target, info)) return
  if (!proof) throw userError(sentence(info.isDirectory() ? 'file.folder-not-empty' : 'file.there-already', { path: name }))
  await proof(target, name)
}

async function swap(name: string, target: string, beside: string, proof: Proof | undefined): Promise<void> {
  const info = lstat(target)
  if (info && info.isDirectory() === fs.lstatSync(beside).isDirectory()) fs.chmodSync(beside, info.mode & 0o7777)
  if (!info) return putNew(beside, target)
  if (isEmptyFolder(target, info)) {
    fs.rmdirSync(target) // fails if something has been put into it meanwhile
    return orElse(
      () => putNew(beside, target),
      () => fs.mkdirSync(target),
    )
  }
  if (!proof) throw userError(sentence('file.appeared', { path: name }))
  const old = aside(target)
  if (lstat(old)) throw userError(sentence('file.in-the-way', { path: old }))
  fs.renameSync(target, old)
  try {
    // Checked again now that nobody can reach it by name: something may have been added since the first check.
    await proof(old, name)
    putNew(beside, target)
  } catch (e) {
    try {
      putNew(old, target)
    } catch (second) {
      throw new DashiError('data', sentence('file.not-put-back', { path: name, old }), { cause: second })
    }
    throw e
  }
  discard(old, target)
}

/** Moves to a free name. Files are moved by hard link, which never replaces a file created meanwhile. */
export function putNew(from: string, to: string): void {
  if (fs.lstatSync(from).isDirectory()) return fs.renameSync(from, to) // fails unless the target is missing or an empty folder
  try {
    fs.linkSync(from, to)
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'EEXIST' || lstat(to)) throw e
    return fs.renameSync(from, to) // a file system without hard links
  }
  fs.unlinkSync(from)
}

function orElse(body: () => void, undo: () => void): void {
  try {
    body()
  } catch (e) {
    undo()
    throw e
  }
}

/**
 * Renames it to a temporary name first, so that it can never be restored half removed. Leftovers are swept by the next
 * replacement.
 */
function discard(old: string, target: string): void {
  try {
    const gone = part(target)
    fs.renameSync(old, gone)
    fs.rmSync(gone, { recursive: true, force: true })
  } catch {
    // the new one is already in place
  }
}

/**
 * Completes a replacement interrupted by a crash: if only the old content exists and is ours, it is moved back; if the
 * new one is in place, the old one is removed. Anyone else's file of that name is left alone.
 */
async function restore(target: string, proof: Proof): Promise<void> {
  const old = aside(target)
  if (!lstat(old)) return
  try {
    await proof(old, old)
  } catch {
    return
  }
  if (lstat(target)) discard(old, target)
  else putBack(old, target)
}

/** The same for readers of `name`: moves the old folder back if it contains our `marker` and the name is free. */
export function restoreFolder(name: string, marker: string): void {
  const target = path.resolve(name)
  if (!lstat(target) && fs.existsSync(path.join(aside(target), marker))) putBack(aside(target), target)
}

function putBack(old: string, target: string): void {
  try {
    putNew(old, target)
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== 'ENOENT') throw ioError(target, 'written', e)
  }
}

const isEmptyFolder = (place: string, info: fs.Stats) => info.isDirectory() && fs.readdirSync(place).length === 0

/** Removes our temporary output. Failing to do so must not hide the failure that led here. */
function removeMade(beside: string): void {
  try {
    fs.rmSync(beside, { recursive: true, force: true })
  } catch {
    // swept by the next replacement
  }
}

/** Removes the parent folders created for the target, up to the first one created. */
function removeEmpty(folder: string, first: string): void {
  try {
    for (let at = folder; ; at = path.dirname(at)) {
      fs.rmdirSync(at)
      if (at === path.resolve(first)) return
    }
  } catch {
    // something has been put into it
  }
}
