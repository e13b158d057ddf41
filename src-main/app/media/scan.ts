/** Takes images in: which files below a folder are images, and what their headers say. */
import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { extname, join, resolve } from 'node:path'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { naturalKey } from '#shared/format.ts'
import { imageExtensions } from '#shared/image-names.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import type { LinksOut, ScanResult } from '#shared/model/scan.ts'
import { setMediaFacts } from '../annotations/index.ts'
import { isProjectFolder, ownNames } from '../../files/project-files.ts'
import { Within } from '../../files/within.ts'
import { countUnmeasured, unmeasured } from '../../db/media-facts.ts'
import { factsOf, type Raster } from './raster.ts'
import { addRecords, agreeToLinks, getMedia, mediaFile, placedElsewhere, placesOf, type Project } from '../projects/index.ts'
import { Skipped } from './skipped.ts'
import { countMissing, mayBeMissing, relink, type Relinked } from './relink.ts'

export const isImageName = (name: string) => !name.startsWith('.') && imageExtensions.has(extname(name).toLowerCase())

export interface Control {
  signal: AbortSignal
  progress(done: number, total: number | null): void
}

/** Files in the order in which people count. A link to a folder is followed only out of a root whose links were agreed to, and once. */
async function* imagesBelow(
  place: Within,
  agreed: boolean,
  links: LinksOut,
  leave: (path: string) => void,
  other: (path: string) => void = () => undefined,
): AsyncGenerator<string> {
  const walked = new Set<string>()
  const own = ownNames(place.folder)
  async function* below(rel: string): AsyncGenerator<string> {
    const folder = join(place.folder, rel)
    if (agreed) {
      const at = await realpath(folder)
      if (walked.has(at)) return
      walked.add(at)
    }
    const entries = (await readdir(folder, { withFileTypes: true })).map((entry) => ({ entry, key: naturalKey(entry.name) }))
    for (const { entry } of entries.sort((a, b) => (a.key < b.key ? -1 : 1))) {
      if (rel === '' && own.has(entry.name)) continue
      const path = rel ? `${rel}/${entry.name}` : entry.name
      // A name that is no UTF-8 is read as another, by which the file cannot be asked for.
      if (entry.name.includes('\ufffd') && !(await lstat(join(folder, entry.name)).catch(() => null))) {
        if (entry.isDirectory() || isImageName(entry.name)) leave(path)
        continue
      }
      const linked = entry.isSymbolicLink() ? await stat(join(folder, entry.name)).catch(() => null) : null
      const isFolder = entry.isDirectory() || (linked?.isDirectory() ?? false)
      if (
        isFolder
          ? entry.name.startsWith('.') || isProjectFolder(join(folder, entry.name))
          : !(isImageName(entry.name) && (entry.isFile() || linked?.isFile()))
      ) {
        if (!isFolder && !entry.name.startsWith('.') && entry.isFile()) other(path)
        continue
      }
      const to = linked && place.linkOut(path)
      if (to) {
        links.count++
        if (links.examples.length < 100) links.examples.push({ path, to })
      } else if (!isFolder) yield path
      else if (!linked || agreed) yield* below(path)
    }
  }
  yield* below('')
}

/** Those below a folder that stay in it; nothing is said of the others. */
const imagesIn = (place: Within, agreed = place.links) => imagesBelow(place, agreed, { count: 0, examples: [] }, () => undefined)

/** Looks below a folder for the files of images that have none. */
export async function linkFolder(project: Project, folder: string, signal?: AbortSignal): Promise<Relinked> {
  const root = resolve(folder)
  const linked = await relink(project, root, imagesIn(new Within({ folder: root, links: false })), signal)
  return { linked, missing: countMissing(project) }
}

const firstBatch = 200
const laterBatch = 5000

/**
 * Registers the images by name only, so that a large folder is there at once.
 * @param followLinks the person agreed to links that lead out of this folder, now and later
 * @returns how many there are, and those that were left out because their names are not UTF-8
 */
export async function scanFolder(
  project: Project,
  folder: string,
  { signal, progress }: Control,
  onBatch: () => void,
  { followLinks = false } = {},
): Promise<ScanResult> {
  const root = resolve(folder)
  const elsewhere = placedElsewhere(project)
  const skipped = new Skipped()
  let batch: ImageRecord[] = []
  let found = 0
  const leftOut: string[] = []
  const write = () => {
    addRecords(project, batch, { root, action: `add folder ${root}` })
    if (followLinks) agreeToLinks(project, root)
    found += batch.length
    batch = []
    progress(found, null)
    onBatch()
  }
  const links: LinksOut = { count: 0, examples: [] }
  const agreed = followLinks || [...placesOf(project).values()].some((p) => p.folder === root && p.links)
  const place = new Within({ folder: root, links: agreed })
  // Images that wait for a file of that name get it, rather than a second image.
  if (mayBeMissing(project)) await relink(project, root, imagesIn(place), signal)
  for await (const path of imagesBelow(
    place,
    agreed,
    links,
    (path) => leftOut.push(path),
    (path) => skipped.see(path),
  )) {
    signal.throwIfAborted()
    if (elsewhere(root, path)) continue
    batch.push({ fileName: path })
    if (batch.length >= (found ? laterBatch : firstBatch)) write()
  }
  if (batch.length) write()
  return { images: found, links, leftOut, skipped: skipped.list, unreadable: 0 }
}

/** Looks into every image whose size is not known yet. One that cannot be read keeps none, and stops nothing. */
export async function findFacts(project: Project, { signal, progress }: Control): Promise<void> {
  const total = countUnmeasured(project.db)
  const places = placesOf(project)
  const sound = async ({ rootId, path }: { rootId: number; path: string }) =>
    places.get(rootId)!.linkOut(path) === null ? factsOf(places.get(rootId)!.file(path)) : null
  for (let after = 0, done = 0; ;) {
    const rows = unmeasured(project.db, after, 64)
    if (rows.length === 0) return
    after = rows.at(-1)!.id
    const facts = await Promise.all(rows.map(async (row) => [row.id, await sound(row)] as const))
    signal.throwIfAborted()
    const readable = facts.filter((entry): entry is readonly [number, Raster] => entry[1] !== null)
    if (readable.length) setMediaFacts(project, new Map(readable))
    progress((done += rows.length), total)
  }
}

/** For an image that is opened before the scan came to it. */
export async function ensureSize(project: Project, id: number): Promise<void> {
  const media = getMedia(project, id)
  if (media.width !== null) return
  const file = mediaFile(project, media)
  const facts = await factsOf(file)
  if (!facts) throw userError(sentence('image.unreadable', { path: media.path }))
  setMediaFacts(project, new Map([[id, facts]]))
}
