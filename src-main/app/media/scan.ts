/** Finds the images below a folder and reads their headers. */
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

/** Files in natural order. A link to a folder is followed only from a root whose links were agreed to, and only once. */
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
      // A name that is not valid UTF-8 is decoded lossily, so the file cannot be opened by it.
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

/** The images below a folder that do not lead out of it; the others are not reported. */
const imagesIn = (place: Within, agreed = place.links) => imagesBelow(place, agreed, { count: 0, examples: [] }, () => undefined)

/** Looks below a folder for images whose files are missing. */
export async function linkFolder(project: Project, folder: string, signal?: AbortSignal): Promise<Relinked> {
  const root = resolve(folder)
  const linked = await relink(project, root, imagesIn(new Within({ folder: root, links: false })), signal)
  return { linked, missing: countMissing(project) }
}

const firstBatch = 200
const laterBatch = 5000

/**
 * Registers images by name only, so that a large folder is available at once.
 * @param followLinks whether the person agreed to links leading out of this folder, now and later
 * @returns the number of images, and those skipped because their names are not UTF-8
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
  // Images missing a file of that name are linked to it rather than added again.
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

/** Reads the header of every image of unknown size. An unreadable one keeps no size and does not stop the scan. */
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

/** For an image opened before the scan reached it. */
export async function ensureSize(project: Project, id: number): Promise<void> {
  const media = getMedia(project, id)
  if (media.width !== null) return
  const file = mediaFile(project, media)
  const facts = await factsOf(file)
  if (!facts) throw userError(sentence('image.unreadable', { path: media.path }))
  setMediaFacts(project, new Map([[id, facts]]))
}
