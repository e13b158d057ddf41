/** Identifies the place that a path names, however it is written, and the places that must never be replaced. */
import fs from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { userError } from '#shared/errors.ts'
import { sentenceIn } from '#shared/sentences/read.ts'
import { sentence } from '#shared/sentences/table.ts'
import { ioError } from './words.ts'

/** Device and inode: equal for every spelling of a path, through links and on case-insensitive disks. */
function idOf(place: string): string | undefined {
  try {
    const { dev, ino } = fs.statSync(place, { bigint: true })
    return `${dev}:${ino}`
  } catch {
    return undefined
  }
}

/** Resolves links for the part of the path that exists; the rest stays as written. */
export function realPlace(place: string): string {
  const rest: string[] = []
  for (let at = path.resolve(place); ; at = path.dirname(at)) {
    try {
      return path.join(fs.realpathSync.native(at), ...rest)
    } catch {
      if (path.dirname(at) === at) return path.resolve(place)
      rest.unshift(path.basename(at))
    }
  }
}

/** Paths that do not exist have no inode: they count as equal if a disk ignoring case and normalisation would treat them so. */
export const folded = (place: string) => place.normalize('NFC').toLowerCase()

/** Checks for many places whether a path is one of them or an ancestor of one. */
class Above {
  private readonly id: string | undefined
  private readonly name: string
  private readonly ids = new Map<string, string | undefined>()
  private readonly seen = new Set<string>()

  constructor(target: string) {
    this.id = idOf(target)
    this.name = folded(realPlace(target))
  }

  /** Checks `place` both as written and with links resolved: both paths must survive. */
  relationTo(place: string): 'is' | 'holds' | undefined {
    const written = path.resolve(place)
    const id = this.idAt(written)
    if (id === undefined) {
      const name = folded(realPlace(written))
      if (name === this.name) return 'is'
      if (name.startsWith(this.name.endsWith(path.sep) ? this.name : this.name + path.sep)) return 'holds'
    }
    if (this.id === undefined) return undefined
    if (id === this.id) return 'is'
    return this.climbs(written) || this.climbs(realPlace(written)) ? 'holds' : undefined
  }

  private climbs(place: string): boolean {
    for (let at = place; !this.seen.has(at); at = path.dirname(at)) {
      this.seen.add(at) // already climbed from here, without a match
      if (this.idAt(at) === this.id) return true
    }
    return false
  }

  private idAt(place: string): string | undefined {
    if (!this.ids.has(place)) this.ids.set(place, idOf(place))
    return this.ids.get(place)
  }
}

/** A place that must survive any write, and its name in messages. */
export interface Kept {
  readonly place: string
  /** As in "is PLACE". */
  readonly name: string
}

/** Places that every user and process depends on. */
function always(): Kept[] {
  const places: Kept[] = [{ place: path.parse(process.cwd()).root, name: 'the root of the file system' }]
  try {
    places.push({ place: homedir(), name: 'your home folder' })
  } catch {
    // a container's user may have no home
  }
  places.push({ place: process.cwd(), name: 'the current folder' })
  return places
}

/**
 * Refuses a target that is a link, a mount point, the home folder, a `kept` place or an ancestor of one.
 * @throws a one-line error naming it
 */
export function refusePlace(target: string, kept: Iterable<Kept> = []): void {
  const info = lstat(target)
  if (info?.isSymbolicLink()) throw userError(sentence('file.is-link', { path: target }))
  if (info && !info.isDirectory() && !info.isFile()) throw userError(sentence('file.is-special', { path: target }))
  const above = new Above(target)
  for (const list of [always(), kept])
    for (const { place, name } of list) {
      const relation = above.relationTo(place)
      if (relation)
        throw userError(
          sentence(relation === 'is' ? 'file.is-kept' : 'file.holds-kept', { path: target, name: sentenceIn(name) ?? name, place }),
        )
    }
  if (info?.isDirectory() && isMountPoint(target, info)) throw userError(sentence('file.is-mount', { path: target }))
}

function isMountPoint(folder: string, info: fs.Stats): boolean {
  const up = lstat(path.dirname(fs.realpathSync(folder)))
  return up !== undefined && (up.dev !== info.dev || up.ino === info.ino)
}

/**
 * The entry itself, links not followed; undefined if there is none.
 * @throws a one-line error if it cannot be examined
 */
export function lstat(place: string): fs.Stats | undefined {
  try {
    return fs.lstatSync(place, { throwIfNoEntry: false })
  } catch (e) {
    throw ioError(place, 'written', e)
  }
}

/** Whether a place is one of the folders or inside one. */
export function isWithin(place: string, folders: readonly string[]): boolean {
  const ids = new Set(folders.map(idOf).filter((id) => id !== undefined))
  const names = folders.map((f) => folded(realPlace(f)))
  for (let at = realPlace(place); ; at = path.dirname(at)) {
    const id = idOf(at)
    if (id === undefined ? names.includes(folded(at)) : ids.has(id)) return true
    if (path.dirname(at) === at) return false
  }
}
