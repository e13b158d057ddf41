/** The downloaded models on disk: what they are, their model cards, and deleting them. */
import fs from 'node:fs'
import path from 'node:path'
import { userError } from '#shared/errors.ts'
import { type HubStanding, hubName } from '#shared/model/hub.ts'
import { sentence } from '#shared/sentences/table.ts'
import { part, sweep } from '../../files/atomic.ts'
import { markerOf, proveOwned } from '../../files/owned.ts'
import { folded, realPlace } from '../../files/places.ts'
import { ioError } from '../../files/words.ts'
import type { HubPlace } from '../context.ts'
import { discardStore, lock } from './download.ts'
import { endpointOf, freeIn, isOffline } from './place.ts'
import { originIn, storeOf } from './plan.ts'
import { findToken } from './token.ts'

export async function standingOf(place: HubPlace): Promise<HubStanding> {
  const token = await findToken(place)
  return {
    endpoint: endpointOf(place),
    offline: isOffline(place),
    token: token?.place ?? null,
    folder: place.folder,
    free: freeIn(place.folder),
  }
}

/** Whether the folder is one that a download made. */
export const isDownloaded = (place: HubPlace | undefined, folder: string): boolean =>
  place !== undefined &&
  folded(realPlace(folder)).startsWith(folded(realPlace(place.folder)) + path.sep) &&
  fs.existsSync(path.join(folder, markerOf('model'))) &&
  originIn(folder) !== null

/** Sizes of the downloads that were begun and not finished. */
export function unfinishedIn({ folder }: HubPlace): { name: string; bytes: number }[] {
  const stores = path.join(folder, '.downloads')
  return entriesIn(stores).flatMap((store) => {
    const name = store.replace('--', '/')
    return hubName.safeParse(name).success ? [{ name, bytes: sizeOf(path.join(stores, store)) }] : []
  })
}

/** Drops what an unfinished download left. @throws if it is being downloaded */
export function forget(place: HubPlace, name: string): void {
  const store = storeOf(place, hubName.parse(name))
  if (!fs.existsSync(store)) return
  lock(store, name)
  discardStore(store)
}

/** Bytes of the files directly in a folder: where all files of a model are. */
export const sizeOf = (folder: string): number =>
  entriesIn(folder).reduce((sum, name) => {
    const info = fs.statSync(path.join(folder, name), { throwIfNoEntry: false })
    return sum + (info?.isFile() ? info.size : 0)
  }, 0)

const entriesIn = (folder: string): string[] => {
  try {
    return fs.readdirSync(folder)
  } catch {
    return [] // none yet
  }
}

const CARD = 'README.md'
/** A model card beyond this is not shown. */
const MOST = 512 * 1024

export const hasCard = (folder: string): boolean => fs.existsSync(path.join(folder, CARD))

/** The text of a model card, without the YAML at its beginning. */
export function cardOf(folder: string): string {
  const file = path.join(folder, CARD)
  let fd: number | undefined
  try {
    fd = fs.openSync(file, 'r')
    const bytes = Buffer.alloc(Math.min(MOST, fs.fstatSync(fd).size))
    const text = bytes.toString('utf8', 0, fs.readSync(fd, bytes, 0, bytes.length, 0))
    return text.replace(/^\ufeff?---\r?\n[\s\S]*?\r?\n---(?:\r?\n|$)/, '').trim()
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ENOENT') throw userError(sentence('hub.no-card', { folder }))
    throw ioError(file, 'read', e)
  } finally {
    if (fd !== undefined) fs.closeSync(fd)
  }
}

/**
 * Deletes a model that was downloaded here and holds nothing else.
 * @throws a user error naming what is not part of the download
 */
export async function removeModel(place: HubPlace, folder: string): Promise<void> {
  if (!isDownloaded(place, folder)) throw userError(sentence('hub.not-downloaded', { folder }))
  await proveOwned('model')(folder, folder)
  try {
    // Under a name that no list shows, so that a crash leaves no half of a model; the next deletion there sweeps it away.
    sweep(folder)
    const gone = part(folder)
    fs.renameSync(folder, gone)
    fs.rmSync(gone, { recursive: true, force: true })
  } catch (e) {
    throw ioError(folder, 'written', e)
  }
  const above = path.dirname(folder)
  if (path.resolve(above) !== path.resolve(place.folder) && !entriesIn(above).length) fs.rmdirSync(above)
}
