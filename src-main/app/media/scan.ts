/** Takes images in: which files below a folder are images, and what their headers say. */
import { readdir, stat } from 'node:fs/promises'
import { extname, join, relative, resolve, sep } from 'node:path'
import sharp from 'sharp'
import { userError } from '#shared/errors.ts'
import { naturalKey } from '#shared/format.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import { setMediaFacts, type MediaFacts } from '../annotations/index.ts'
import { addRecords, getMedia, mediaFile, type Project } from '../projects/index.ts'
import { countMissing, mayBeMissing, relink, type Relinked } from './relink.ts'

const extensions = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.avif', '.tif', '.tiff', '.bmp'])
export const isImageName = (name: string) => !name.startsWith('.') && extensions.has(extname(name).toLowerCase())

export interface Control {
  signal: AbortSignal
  progress(done: number, total: number | null): void
}

/** Files in the order in which people count; links to folders are not followed, so that no circle has no end. */
async function* imagesBelow(folder: string): AsyncGenerator<string> {
  const entries = (await readdir(folder, { withFileTypes: true })).map((entry) => ({ entry, key: naturalKey(entry.name) }))
  for (const { entry } of entries.sort((a, b) => (a.key < b.key ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (!entry.name.startsWith('.')) yield* imagesBelow(path)
    } else if (isImageName(entry.name) && (entry.isFile() || (await stat(path).catch(() => null))?.isFile())) yield path
  }
}

async function* relativeTo(root: string, files: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const path of files) yield relative(root, path).split(sep).join('/')
}

/** Looks below a folder for the files of images that have none. */
export async function linkFolder(project: Project, folder: string, signal?: AbortSignal): Promise<Relinked> {
  const root = resolve(folder)
  const linked = await relink(project, root, relativeTo(root, imagesBelow(root)), signal)
  return { linked, missing: countMissing(project) }
}

const firstBatch = 200
const laterBatch = 5000

/** Registers the images by name only, so that a large folder is there at once; returns how many there are. */
export async function scanFolder(project: Project, folder: string, { signal, progress }: Control, onBatch: () => void): Promise<number> {
  const root = resolve(folder)
  const thumbnails = join(project.folder, 'backups')
  let batch: ImageRecord[] = []
  let found = 0
  // Images that wait for a file of that name get it, rather than a second image.
  if (mayBeMissing(project)) await relink(project, root, relativeTo(root, imagesBelow(root)), signal)
  const write = () => {
    addRecords(project, batch, { root, action: `add folder ${root}` })
    found += batch.length
    batch = []
    progress(found, null)
    onBatch()
  }
  for await (const path of imagesBelow(root)) {
    signal.throwIfAborted()
    if (path.startsWith(thumbnails + sep)) continue
    batch.push({ fileName: relative(root, path).split(sep).join('/') })
    if (batch.length >= (found ? laterBatch : firstBatch)) write()
  }
  if (batch.length) write()
  return found
}

/** Size of the upright image and its EXIF orientation; null where the file is no image that can be read. */
export async function factsOf(file: string): Promise<MediaFacts | null> {
  try {
    const { width, height, orientation = 1 } = await sharp(file, { limitInputPixels: false }).metadata()
    if (!width || !height) return null
    return orientation >= 5 ? { width: height, height: width, orientation } : { width, height, orientation }
  } catch {
    return null
  }
}

/** Looks into every image whose size is not known yet. One that cannot be read keeps none, and stops nothing. */
export async function findFacts(project: Project, { signal, progress }: Control): Promise<void> {
  const unknown = 'width IS NULL AND id > ?'
  const total = Number(project.db.value('SELECT count(*) FROM media WHERE width IS NULL'))
  for (let after = 0, done = 0; ; ) {
    const rows = project.db.all<{ id: number; rootId: number; path: string }>(`SELECT id, root_id AS rootId, path FROM media WHERE ${unknown} ORDER BY id LIMIT 64`, after)
    if (rows.length === 0) return
    after = rows.at(-1)!.id
    const facts = await Promise.all(rows.map(async (row) => [row.id, await factsOf(mediaFile(project, row))] as const))
    signal.throwIfAborted()
    const readable = facts.filter((entry): entry is readonly [number, MediaFacts] => entry[1] !== null)
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
  if (!facts) throw userError(`${media.path}: cannot be read as an image`)
  setMediaFacts(project, new Map([[id, facts]]))
}
