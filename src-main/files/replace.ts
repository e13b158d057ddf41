/**
 * The one way in which this program puts a file or a folder where something may be. What stands there is replaced only where it is
 * proven to be ours as a whole; nothing that is kept is touched; and the old one comes back on any failure.
 * The default import of `fs` is deliberate: tests put faults into it.
 */
import fs from 'node:fs'
import path from 'node:path'
import { DashiError, userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { part, shortened, sweep, syncFolder } from './atomic.ts'
import type { Proof } from './owned.ts'
import { type Kept, lstat, refusePlace } from './places.ts'
import { ioError } from './words.ts'

export interface Replacing {
  /** Proves that what is there is ours. Without it only nothing, or an empty folder, is replaced. */
  readonly proof?: Proof
  /** Places that must stay: neither they nor a folder that holds one of them is replaced. */
  readonly kept?: Iterable<Kept>
}

/** The name under which the old one waits while the new one takes its place. */
const aside = (target: string) => path.join(path.dirname(target), `.${shortened(path.basename(target))}.old`)

/**
 * Puts at `name` what `make` makes at the path that it is given, beside its place; there is nothing there yet. Neither folders nor files
 * that are in use can be swapped by one rename, so the old one waits beside for the moment in between; {@link restore} puts it back after
 * a crash there.
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
    // A file inside is named by the path that it would have had.
    if (e instanceof DashiError)
      throw e.message.includes(beside) ? new DashiError(e.fault, e.message.replaceAll(beside, name), { cause: e.cause }) : e
    throw ioError(name, 'written', e)
  }
}

/** As {@link replace}, of a folder that is there, and empty, when `fill` is called. */
export const replaceFolder = (name: string, fill: (beside: string) => Promise<void> | void, replacing: Replacing = {}): Promise<void> =>
  replace(
    name,
    (beside) => {
      fs.mkdirSync(beside)
      return fill(beside)
    },
    replacing,
  )

/** Says before any work what {@link replace} would say after it. @throws one line naming what is not ours */
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
    fs.rmdirSync(target) // fails where somebody has put something into it meanwhile
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
    // What was put there since it was looked at is seen now, when nobody reaches it by its name any more.
    await proof(old, name)
    putNew(beside, target)
  } catch (e) {
    try {
      putNew(old, target)
    } catch (second) {
      throw new DashiError('data', `${name}: could not be replaced; what was there lies beside it as ${old}`, { cause: second })
    }
    throw e
  }
  discard(old, target)
}

/** Moves to a name that nothing has. A file's name is taken by a link, which does not replace what came there meanwhile. */
export function putNew(from: string, to: string): void {
  if (fs.lstatSync(from).isDirectory()) return fs.renameSync(from, to) // onto nothing or an empty folder, else it fails
  try {
    fs.linkSync(from, to)
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'EEXIST' || lstat(to)) throw e
    return fs.renameSync(from, to) // a file system without links
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
 * It becomes one of those that are swept first, so that it never comes back half removed. What cannot be removed now goes with the next
 * replacement.
 */
function discard(old: string, target: string): void {
  try {
    const gone = part(target)
    fs.renameSync(old, gone)
    fs.rmSync(gone, { recursive: true, force: true })
  } catch {
    // the new one is in its place
  }
}

/**
 * Ends a replacement that a killed process left half-way: if only the old one is there, and it is ours, it gets its name back; if the
 * new one took its place, the old one goes. Somebody's own of that name is left alone.
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

/** The same for whoever only reads `name`: the old one gets its name back where it has our `marker` in it and nothing has that name. */
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

/** What we were making; where even that cannot be removed, the failure that led here is the one to tell. */
function removeMade(beside: string): void {
  try {
    fs.rmSync(beside, { recursive: true, force: true })
  } catch {
    // swept with the next replacement
  }
}

/** The folders above the target that were made for it, up to the first one made. */
function removeEmpty(folder: string, first: string): void {
  try {
    for (let at = folder; ; at = path.dirname(at)) {
      fs.rmdirSync(at)
      if (at === path.resolve(first)) return
    }
  } catch {
    // somebody has put something into it
  }
}
