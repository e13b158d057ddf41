/** Which place a path names, however it is written, and which places are never replaced. */
import fs from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { ioError } from './words.ts'

/** Device and inode: the same for every way to write a path, through links and on disks that do not tell A from a. */
function idOf(place: string): string | undefined {
  try {
    const { dev, ino } = fs.statSync(place, { bigint: true })
    return `${dev}:${ino}`
  } catch {
    return undefined
  }
}

/** With links resolved as far as it exists; the rest as it is written. */
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

/** Of paths that do not exist there is no inode: they are one where a disk that tells no case and no accents apart would say so. */
export const folded = (place: string) => place.normalize('NFC').toLowerCase()

/** Answers for many places whether a path is one of them or above one. */
class Above {
  private readonly id: string | undefined
  private readonly name: string
  private readonly ids = new Map<string, string | undefined>()
  private readonly seen = new Set<string>()

  constructor(target: string) {
    this.id = idOf(target)
    this.name = folded(realPlace(target))
  }

  /** Of `place` as it is written and with its links resolved: both ways to it must stay. */
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
      this.seen.add(at) // it was climbed from here before, without a match
      if (this.idAt(at) === this.id) return true
    }
    return false
  }

  private idAt(place: string): string | undefined {
    if (!this.ids.has(place)) this.ids.set(place, idOf(place))
    return this.ids.get(place)
  }
}

/** A place that must outlast whatever is written, and what to call it. */
export interface Kept {
  readonly place: string
  /** As in "is PLACE". */
  readonly name: string
}

/** What every person and every process stands on. */
function always(): Kept[] {
  const places: Kept[] = [{ place: path.parse(process.cwd()).root, name: 'the root of the file system' }]
  try {
    places.push({ place: homedir(), name: 'your home folder' })
  } catch {
    // a container's user need not have one
  }
  places.push({ place: process.cwd(), name: 'the folder that you are in' })
  return places
}

/**
 * Refuses a target that is no plain file or folder of its own: a link, a mount point, the home folder, or one of the `kept` places, or a
 * folder above one. @throws one line that names it
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
        throw userError(`${target}: ${relation === 'is' ? `is ${name}` : `holds ${name} (${place})`}: not replaced; choose another place`)
    }
  if (info?.isDirectory() && isMountPoint(target, info)) throw userError(sentence('file.is-mount', { path: target }))
}

function isMountPoint(folder: string, info: fs.Stats): boolean {
  const up = lstat(path.dirname(fs.realpathSync(folder)))
  return up !== undefined && (up.dev !== info.dev || up.ino === info.ino)
}

/** What is there, links not followed; undefined where nothing is. @throws one line where that cannot be told */
export function lstat(place: string): fs.Stats | undefined {
  try {
    return fs.lstatSync(place, { throwIfNoEntry: false })
  } catch (e) {
    throw ioError(place, 'written', e)
  }
}

/** Whether a place is one of the folders or inside of one. */
export function isWithin(place: string, folders: readonly string[]): boolean {
  const ids = new Set(folders.map(idOf).filter((id) => id !== undefined))
  const names = folders.map((f) => folded(realPlace(f)))
  for (let at = realPlace(place); ; at = path.dirname(at)) {
    const id = idOf(at)
    if (id === undefined ? names.includes(folded(at)) : ids.has(id)) return true
    if (path.dirname(at) === at) return false
  }
}
