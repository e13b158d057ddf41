/** Downloads a model: its files side by side into a store of blobs, then all of them at once into a folder of their own. */
import fs from 'node:fs'
import path from 'node:path'
import { cancelled, userError } from '#shared/errors.ts'
import { HUB_ORIGIN_FILE, type HubOrigin, type HubPlan, type HubRequest } from '#shared/model/hub.ts'
import { sentence } from '#shared/sentences/table.ts'
import { isAlive } from '../../files/atomic.ts'
import { mark } from '../../files/owned.ts'
import { replaceFolder } from '../../files/replace.ts'
import type { HubPlace } from '../context.ts'
import { blobOf, fetchFile, heldOf } from './fetch-file.ts'
import type { HubFile } from './listing.ts'
import { freeIn } from './place.ts'
import { planOf, type Planned, storeOf, urlOf } from './plan.ts'

/** Files at a time. */
const AT_ONCE = 4
/** Space that is left to others, in bytes. */
const SPARED = 64 * 2 ** 20
/** The free space is looked at again after so many bytes. */
const LOOK_EVERY = 32 * 2 ** 20

export interface Control {
  readonly signal: AbortSignal
  onProgress(done: number, total: number): void
  /** Called before it begins with the bytes that it still has to fetch. */
  room?(bytes: number): Promise<void>
}

export interface Downloaded {
  readonly name: string
  readonly folder: string
  readonly bytes: number
}

/**
 * Goes on with what an earlier attempt left. Until everything is here and checked, there is no folder of the model.
 * @throws before anything is downloaded, if the model or its licence is not the one that was agreed to
 */
export async function download(place: HubPlace, request: HubRequest, { signal, onProgress, room }: Control): Promise<Downloaded> {
  const plan = await planOf(place, { name: request.name, revision: request.commit }, signal)
  refuse(plan, request)
  if (plan.there) return { name: plan.name, folder: plan.folder, bytes: plan.bytes }
  const store = storeOf(place, plan.name)
  fs.mkdirSync(store, { recursive: true })
  const unlock = lock(store, plan.name)
  try {
    refuseFull(place, plan.hashed, store)
    await room?.(plan.bytes - plan.held)
    await fetchAll(place, plan, store, { signal, onProgress })
    if (signal.aborted) throw cancelled()
    await assemble(plan, store)
  } finally {
    unlock()
  }
  discardStore(store)
  return { name: plan.name, folder: plan.folder, bytes: plan.bytes }
}

/** Removes what unfinished downloads of a model left, and the folder of all of them once it is empty. */
export function discardStore(store: string): void {
  fs.rmSync(store, { recursive: true, force: true })
  try {
    fs.rmdirSync(path.dirname(store))
  } catch {
    // other downloads, or none ever
  }
}

function refuse({ name, licence, problem, commit }: HubPlan, agreed: HubRequest): void {
  if (problem) throw userError(sentence('in-field', { field: name, problem }))
  const words = (of: string | null) => of ?? sentence('hub.licence-none')
  if (licence !== agreed.licence || commit !== agreed.commit)
    throw userError(sentence('hub.licence-changed', { name, found: words(licence), agreed: words(agreed.licence) }))
}

/** @throws if what is missing would not fit */
function refuseFull(place: HubPlace, files: readonly HubFile[], store: string): void {
  const needed = files.reduce((sum, f) => sum + f.bytes - heldOf(store, f), 0)
  const free = freeIn(place.folder)
  if (free !== null && needed > 0 && free < needed + SPARED)
    throw userError(sentence('hub.no-room', { folder: place.folder, needed: gigabytes(needed + SPARED - free), free: gigabytes(free) }))
}
const gigabytes = (bytes: number) => (bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`)

async function fetchAll(place: HubPlace, plan: Planned, store: string, { signal, onProgress }: Control): Promise<void> {
  let done = plan.hashed.reduce((sum, f) => sum + heldOf(store, f), 0)
  let looked = done
  onProgress(done, plan.bytes)
  // The first failure ends the others: the next attempt goes on with all of them.
  const failed = new AbortController()
  const both = AbortSignal.any([signal, failed.signal])
  let first: unknown
  const moved = (bytes: number) => {
    done += bytes
    onProgress(done, plan.bytes)
    if (done - looked < LOOK_EVERY) return
    looked = done
    refuseFull(place, plan.hashed, store)
  }
  // The largest first, so that the end is not waiting for one that began last. A file that occurs twice is fetched once.
  const waiting = [...new Map(plan.hashed.map((f) => [f.hash.hex, f])).values()].sort((a, b) => b.bytes - a.bytes)
  const worker = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      const url = urlOf(place, plan.name, plan.commit, file.path)
      await fetchFile(file, { place, name: plan.name, commit: plan.commit, url, token: plan.token, store, signal: both, moved })
    }
  }
  const workers = Array.from({ length: AT_ONCE }, () =>
    worker().catch((e: unknown) => {
      if (first === undefined) first = e
      failed.abort()
    }),
  )
  await Promise.all(workers)
  if (first !== undefined) throw first
}

/** All blobs under their names in a new folder, which appears as a whole or not at all. */
async function assemble(plan: Planned, store: string): Promise<void> {
  const { name, endpoint, revision, commit, licence } = plan
  await replaceFolder(plan.folder, (beside) => {
    for (const file of plan.hashed) placeBlob(blobOf(store, file), path.join(beside, file.path))
    const origin: HubOrigin = { name, endpoint, revision, commit, licence, downloaded: Date.now() }
    fs.writeFileSync(path.join(beside, HUB_ORIGIN_FILE), `${JSON.stringify(origin, null, 2)}\n`, { flush: true })
    mark(beside, 'model')
  })
}

/** By a second name for the same bytes, so that a crash in between loses nothing; a file system without them gets a copy. */
function placeBlob(blob: string, to: string): void {
  try {
    fs.linkSync(blob, to)
  } catch {
    fs.copyFileSync(blob, to)
  }
}

/**
 * One download of a model at a time, over all processes.
 * @returns what gives the lock back
 */
export function lock(store: string, name: string): () => void {
  const file = path.join(store, 'lock')
  for (let tries = 0; ; tries++) {
    try {
      fs.writeFileSync(file, String(process.pid), { flag: 'wx' })
      return () => fs.rmSync(file, { force: true })
    } catch (e) {
      if ((e as NodeJS.ErrnoException).code !== 'EEXIST' || tries > 2) throw e
      const holder = Number(fs.readFileSync(file, 'utf8'))
      // Of a lock that this process left behind nothing would be known: it is removed with the download's end.
      if (holder === process.pid || (Number.isInteger(holder) && holder > 0 && isAlive(holder)))
        throw userError(sentence('hub.being-downloaded', { name }))
      fs.rmSync(file, { force: true })
    }
  }
}
