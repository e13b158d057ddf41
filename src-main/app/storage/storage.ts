/**
 * The disk budget: one bound on what Dashi keeps. Where a job would pass it, caches are trimmed, which can be made again; checkpoints,
 * saved states and downloads are people's, and stay.
 */
import { readdir, realpath } from 'node:fs/promises'
import path from 'node:path'
import { cacheNames, type StorageUsage } from '#shared/contract/app.ts'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { AppContext } from '../context.ts'
import { type CachedFile, itemsOf, removeAll, sizeOf } from '../media/caches.ts'
import { pausesOf, type Waiter } from './pauses.ts'

/** An entry that was used a moment ago may be at work, in ms. */
const fresh = 60_000
/** How old the sums of other projects may be where there is room by them, in ms. */
const AWHILE = 30_000

type Used = Pick<StorageUsage, 'checkpoints' | 'states'>
/** What projects used when they were last looked through. */
const lookedAt = new Map<string, { readonly at: number; readonly used: Used }>()

/**
 * @param project the folder of a project that counts, whether or not it was opened lately
 * @param maxAge how old the sums of other projects may be, in ms: a queue asks before each job, and a project may have many files
 */
export async function storageOf(app: AppContext, project?: string, maxAge = 0): Promise<StorageUsage> {
  const at = async (folder: string) => realpath(folder).catch(() => folder)
  const own = project === undefined ? null : await at(project)
  const places = new Set(await Promise.all((app.storage?.projects() ?? []).map(at)))
  if (own !== null) places.add(own)
  const used = { checkpoints: 0, states: 0 }
  for (const place of places) {
    const { checkpoints, states } = await usedIn(place, place === own ? 0 : maxAge)
    used.checkpoints += checkpoints
    used.states += states
  }
  if (own !== null) lookedAt.delete(own) // where a job is about to write, the sum will not be true for long
  const caches = await Promise.all(cacheNames.map(async (name) => total(await itemsOf(app.cache, name))))
  return {
    budget: app.storage?.budget() ?? null,
    ...used,
    downloads: app.hub ? await bytesIn(app.hub.folder) : 0,
    caches: caches.reduce((a, b) => a + b, 0),
  }
}

async function usedIn(project: string, maxAge: number): Promise<Used> {
  const before = lookedAt.get(project)
  if (before && Date.now() - before.at < maxAge) return before.used
  const at = Date.now()
  const used = { checkpoints: 0, states: 0 }
  const folder = path.join(project, 'checkpoints')
  // Hidden folders are checkpoints in the making, and what runs wrote down of their steps.
  for (const name of await readdir(folder).catch(() => []))
    used[name.startsWith('.') || name.endsWith('.run') ? 'states' : 'checkpoints'] += await bytesIn(path.join(folder, name))
  lookedAt.set(project, { at, used })
  return used
}

const bytesIn = async (place: string) => (await sizeOf(place)).bytes
const total = (items: readonly CachedFile[]) => items.reduce((sum, i) => sum + i.bytes, 0)

/** What a job may still write, where caches may be removed for it; null: there is no budget. */
export const leftOf = ({ budget, checkpoints, states, downloads }: StorageUsage): number | null =>
  budget === null ? null : Math.max(0, budget - checkpoints - states - downloads)

/** The same of a project: what its plan shows. */
export async function budgetOf(app: AppContext, project: string): Promise<{ most: number; left: number } | null> {
  const most = app.storage?.budget() ?? null
  return most === null ? null : { most, left: leftOf(await storageOf(app, project, AWHILE))! }
}

/**
 * Makes room in the budget by removing what of the caches was not used for longest.
 * @returns the bytes that are missing even so; 0: it fits
 */
export async function makeRoom(app: AppContext, bytes: number, project?: string): Promise<number> {
  if (!app.storage?.budget()) return 0
  const missingOf = (usage: StorageUsage) => Math.max(0, bytes - leftOf(usage)!)
  let usage = await storageOf(app, project, AWHILE)
  if (missingOf(usage)) usage = await storageOf(app, project) // something may have been deleted meanwhile
  const missing = missingOf(usage)
  // What does not fit without all caches waits: they would be removed in vain.
  if (missing) return missing
  await trim(app.cache, bytes - (leftOf(usage)! - usage.caches))
  return 0
}

async function trim(cache: string, bytes: number): Promise<void> {
  if (bytes <= 0) return
  const [folders, ...others] = await Promise.all(cacheNames.map((name) => itemsOf(cache, name)))
  // Thumbnails are in few folders, each of which was used lately.
  const items = [...(await Promise.all((folders ?? []).map(({ path: at }) => filesIn(at)))), ...others].flat()
  const before = Date.now() - fresh
  let freed = 0
  const going = items
    .filter(({ used }) => used < before)
    .sort((a, b) => a.used - b.used)
    .filter((item) => freed < bytes && (freed += item.bytes))
  await removeAll(going)
}

const filesIn = async (folder: string) =>
  Promise.all((await readdir(folder).catch(() => [])).map((name) => sizeOf(path.join(folder, name))))

class NoRoom extends Error {}

/**
 * Resolves when a job may write so much.
 * @param bytes asked for again at each try, as it may depend on what is there
 * @param everyMs between two tries
 * @throws if the job is cancelled meanwhile
 */
export async function waitForRoom(
  app: AppContext,
  project: string | undefined,
  bytes: () => number | Promise<number>,
  waiter: Waiter,
  everyMs?: number,
): Promise<void> {
  if (!app.storage?.budget()) return
  await pausesOf(waiter, everyMs).until(
    async () => {
      if (await makeRoom(app, await bytes(), project)) throw new NoRoom()
    },
    (e) => (e instanceof NoRoom ? { for: 'budget', path: project ?? app.cache } : undefined),
  )
}

/** For what nobody would see waiting. @throws a user error that says how much is missing */
export async function requireRoom(app: AppContext, project: string | undefined, bytes: () => number | Promise<number>): Promise<void> {
  if (!app.storage?.budget()) return
  const wanted = await bytes()
  const missing = await makeRoom(app, wanted, project)
  if (!missing) return
  const megabytes = (n: number) => Math.ceil(n / 2 ** 20)
  throw userError(
    sentence('storage.over-budget', {
      needed: megabytes(wanted),
      budget: megabytes(app.storage.budget() ?? 0),
      missing: megabytes(missing),
    }),
  )
}
