/** Image records in and out: what importers yield is stored, what exporters consume is read, as streams. */
import { realpathSync, statSync } from 'node:fs'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { dataError, errorLine, userError } from '#shared/errors.ts'
import { shapeProblem } from '#shared/geometry/shape.ts'
import type { Caption } from '#shared/model/caption.ts'
import type { StoredRow } from '#shared/model/journal.ts'
import type { Media, Root } from '#shared/model/media.ts'
import type { MediaFilter } from '#shared/model/project.ts'
import { imageRecord, type ImageRecord } from '#shared/model/record.ts'
import { attributesOfTrack } from '#shared/model/sequence.ts'
import { toCaption, toMedia, toMediaLabel, toRegion } from '../../db/entities.ts'
import { Ingest, noCounts, type IngestCounts } from '../../db/ingest.ts'
import type { TrackNumbers } from '../../db/ingest-tracks.ts'
import { mutate } from '../../db/journal.ts'
import { mediaIds } from '../../db/media-query.ts'
import { linkReason, type Opened, Within } from '../../files/within.ts'
import type { Project } from './project.ts'

const chunk = 500

export interface AddRecordsOptions {
  /** The folder that file names are relative to; the project's `media` folder unless said otherwise. */
  root?: string
  /** Images a transaction. Without it all are one transaction: all or nothing, and one undo. */
  batch?: number
  /** As the journal will call it. */
  action?: string
  /** Called after each chunk with the number of images done. */
  onProgress?: (done: number) => void
  signal?: AbortSignal
  /** Numbers that tracks got so far, of an import that calls several times. */
  tracks?: TrackNumbers
}

/**
 * Stores records. An image that the project has already (same root and file name) only gets what it lacks, so the same import run
 * again changes nothing, and one that was cut off between batches goes on. Throws at the first record that is not valid; see
 * `imageRecord` for what that is.
 */
export function addRecords(project: Project, records: Iterable<ImageRecord>, options: AddRecordsOptions = {}): IngestCounts {
  const counts = noCounts()
  const source = records[Symbol.iterator]()
  let finished = false
  const pull = function* (limit: number) {
    for (let n = 0; n < limit; n++) {
      const next = source.next()
      if (next.done) {
        finished = true
        return
      }
      yield next.value
    }
  }
  try {
    while (!finished) writeBatch(project, pull(options.batch ?? Infinity), options, counts)
  } finally {
    if (!finished) source.return?.()
  }
  return counts
}

/** As `addRecords`, from an asynchronous source, in batches (2,000 unless said otherwise). */
export async function addRecordStream(
  project: Project,
  records: AsyncIterable<ImageRecord>,
  options: AddRecordsOptions = {},
): Promise<IngestCounts> {
  const counts = noCounts()
  let batch: ImageRecord[] = []
  const write = () => {
    writeBatch(project, batch, options, counts)
    batch = []
  }
  for await (const record of records) if (batch.push(record) >= (options.batch ?? 2000)) write()
  if (batch.length) write()
  return counts
}

/** One transaction; `counts` grow only where it commits. */
function writeBatch(project: Project, records: Iterable<ImageRecord>, options: AddRecordsOptions, counts: IngestCounts): void {
  const done = { ...counts }
  mutate(project.db, project.user, options.action ?? 'import', (edit) => {
    const root = options.root ?? 'media'
    let ingest: Ingest | undefined
    let waiting = new Map<string, ImageRecord>()
    const write = () => {
      options.signal?.throwIfAborted()
      ingest ??= new Ingest(edit, ensureRootIn(project, edit, root), { kind: 'person', name: project.user }, done, options.tracks)
      ingest.add([...waiting.values()])
      waiting = new Map()
      options.onProgress?.(done.added + done.merged + done.unchanged)
    }
    for (const given of records) {
      const record = validRecord(given)
      if (waiting.size >= chunk || waiting.has(record.fileName)) write()
      waiting.set(record.fileName, record)
    }
    if (waiting.size) write()
    ingest?.finish()
  })
  Object.assign(counts, done)
}

function validRecord(given: ImageRecord): ImageRecord {
  const parsed = imageRecord.safeParse(given)
  const name = typeof given?.fileName === 'string' ? given.fileName : 'a record without a file name'
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw dataError(name, `${issue.path.join('.')}: ${issue.message}`)
  }
  const record = parsed.data
  const regions = record.regions?.length ?? 0
  for (const [i, c] of (record.captions ?? []).entries()) {
    const refs = [...(c.region == null ? [] : [c.region]), ...(c.spans ?? []).flatMap((s) => s.regions)]
    const wrong = refs.find((r) => r >= regions)
    if (wrong !== undefined) throw dataError(name, `captions.${i} refers to region ${wrong}, the record has ${regions}`)
    for (const s of c.spans ?? [])
      if (s.end <= s.start || s.end > c.text.length)
        throw dataError(name, `captions.${i}: the span ${s.start} to ${s.end} is not within the text`)
  }
  return record
}

/** Inside the project's folder roots are stored relative to it, so that the project can be moved as a whole. */
function storedRoot(project: Project, folder: string): string {
  const path = relative(project.folder, resolve(project.folder, folder))
  if (path.startsWith('..') || isAbsolute(path)) return resolve(project.folder, folder)
  return path.split(sep).join('/') || '.'
}

function ensureRootIn(project: Project, edit: { insert(table: 'root', row: StoredRow): number }, folder: string): number {
  const path = storedRoot(project, folder)
  return project.db.value<number>('SELECT id FROM root WHERE path = ?', path) ?? edit.insert('root', { path })
}

export const listRoots = ({ db }: Project): Root[] => db.all<{ id: number; path: string }>('SELECT id, path FROM root ORDER BY id')

/** The image that the project has of the very file `path` below `root`, under another of its folders: one lies within the other. */
export function placedElsewhere(project: Project): (root: string, path: string) => { root: string; path: string } | null {
  const roots = listRoots(project).map(({ id, path }) => ({ id, folder: resolve(project.folder, path) }))
  return (root, path) => {
    for (const { id, folder } of roots) {
      if (folder === root || !(root.startsWith(folder + sep) || folder.startsWith(root + sep))) continue
      const inside = relative(folder, join(root, path))
      if (inside.startsWith('..') || isAbsolute(inside)) continue
      const there = inside.split(sep).join('/')
      if (project.db.value('SELECT 1 FROM media WHERE root_id = ? AND path = ?', id, there) !== undefined)
        return { root: folder, path: there }
    }
    return null
  }
}

/** Points a root at another folder, for images that were moved as a whole. */
export function moveRoot(project: Project, rootId: number, folder: string): void {
  mutate(project.db, project.user, 'move folder', (edit) => edit.update('root', rootId, { path: storedRoot(project, folder) }))
}

/** Whatever a person put on an image. */
const isBare = ({ db }: Project, id: number) =>
  ['region', 'media_label', 'caption', 'media_tag', 'comment'].every(
    (table) => db.value(`SELECT 1 FROM ${table} WHERE media_id = ? LIMIT 1`, id) === undefined,
  )

/**
 * Gives images another file: what they have stays. An image that has that file already makes way where nothing was put on it; otherwise both stay
 * as they are. @returns how many were moved
 */
export function relocateMedia(
  project: Project,
  root: string,
  moves: readonly { id: number; path: string; facts: { width: number; height: number; orientation: number } }[],
): number {
  let moved = 0
  mutate(project.db, project.user, 'link images', (edit) => {
    const rootId = ensureRootIn(project, edit, root)
    for (const { id, path, facts } of moves) {
      const other = project.db.value<number>('SELECT id FROM media WHERE root_id = ? AND path = ?', rootId, path)
      if (other === id || (other !== undefined && !isBare(project, other))) continue
      if (other !== undefined) edit.remove('media', other)
      edit.update('media', id, { root_id: rootId, path, ...facts })
      moved++
    }
  })
  return moved
}

/**
 * Is it the person who has this folder here who agreed to its links? The agreement names the folder as it is on this disk, so that a
 * project which came from elsewhere brings none along.
 */
const agreementOf = (folder: string): string | null => {
  try {
    const at = realpathSync.native(folder)
    const { dev, ino } = statSync(at, { bigint: true })
    return JSON.stringify([at, String(dev), String(ino)])
  } catch {
    return null
  }
}

/** The person agreed to links of this folder of images that lead out of it. */
export function agreeToLinks({ db, folder }: Project, root: string): void {
  const path = resolve(folder, root)
  const agreement = agreementOf(path)
  const known = db.all<{ id: number; path: string }>('SELECT id, path FROM root').find((r) => resolve(folder, r.path) === path)
  if (known && agreement)
    db.transaction(() => db.run('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)', `links:${known.id}`, agreement))
}

/** What may be read of each folder of images, by the root's id. */
export function placesOf(project: Project): Map<number, Within> {
  const agreed = new Map(
    project.db
      .all<{ key: string; value: string }>("SELECT key, value FROM meta WHERE key >= 'links:' AND key < 'links;'")
      .map((r) => [r.key, r.value]),
  )
  return new Map(
    listRoots(project).map(({ id, path }) => {
      const folder = resolve(project.folder, path)
      const agreement = agreed.get(`links:${id}`)
      return [id, new Within({ folder, links: agreement !== undefined && agreement === agreementOf(folder) })]
    }),
  )
}

function placeOf(project: Project, rootId: number): Within {
  const place = placesOf(project).get(rootId)
  if (!place) throw userError(`folder ${rootId} is not in the project`)
  return place
}

/** The image's file, opened. Throws dataError where a link leads out of its folder. */
export const openMedia = (project: Project, media: Pick<Media, 'rootId' | 'path'>): Opened =>
  placeOf(project, media.rootId).open(media.path)

/** The image's file. Throws dataError where a link leads out of its folder. */
export function mediaFile(project: Project, media: Pick<Media, 'rootId' | 'path'>): string {
  return placeOf(project, media.rootId).file(media.path)
}

export interface StoredRecord {
  mediaId: number
  /** The folder of images, absolute, and the image's file in it; null where that is a link which leads out of it. */
  root: string
  file: string | null
  record: ImageRecord
  /** Ids in the order of `record.regions`. */
  regionIds: number[]
  /** What is not in the record: annotations stored that are none (of before, or of another program), a link; a line each. */
  problems: string[]
}

/** Everything known of the images that a filter lets through, in the order of their ids, some hundred at a time. */
export function* readRecords(project: Project, filter: MediaFilter = {}): Generator<StoredRecord> {
  const { db } = project
  const places = placesOf(project)
  const labels = new Map(db.all<{ id: number; name: string }>('SELECT id, name FROM label').map((l) => [l.id, l.name]))
  for (let after = 0; ;) {
    const ids = mediaIds(db, filter, { after, limit: chunk })
    if (ids.length === 0) return
    after = ids.at(-1)!
    const wanted = JSON.stringify(ids)
    const children = (table: string, order = 't.id') => {
      const rows = db.all<StoredRow>(
        `SELECT t.* FROM json_each(?) AS wanted CROSS JOIN ${table} t ON t.media_id = wanted.value ORDER BY ${order}`,
        wanted,
      )
      const byMedia = new Map<number, StoredRow[]>(ids.map((id) => [id, []]))
      for (const row of rows) byMedia.get(Number(row['media_id']))!.push(row)
      return byMedia
    }
    const [regions, mediaLabels, captions, tags] = [
      children('region', 't.z, t.id'),
      children('media_label'),
      children('caption'),
      children('media_tag'),
    ]
    for (const row of db.all<StoredRow>(
      'SELECT m.* FROM json_each(?) AS wanted CROSS JOIN media m ON m.id = wanted.value ORDER BY m.id',
      wanted,
    )) {
      const media = toMedia(row)
      const place = places.get(media.rootId)!
      const link = place.linkOut(media.path)
      const problems: string[] = link === null ? [] : [linkReason(link)]
      const own = sound(regions.get(media.id), toRegion, problems, (r) => problemLine('region', r.id, shapeProblem(r.shape, media)))
      const index = new Map(own.map((r, i) => [r.id, i]))
      yield {
        mediaId: media.id,
        root: place.folder,
        file: link === null ? join(place.folder, media.path) : null,
        regionIds: own.map((r) => r.id),
        problems,
        record: {
          fileName: media.path,
          width: media.width,
          height: media.height,
          orientation: media.orientation,
          contentHash: media.contentHash,
          perceptualHash: media.perceptualHash,
          split: media.split,
          review: media.review,
          labels: (mediaLabels.get(media.id) ?? [])
            .map(toMediaLabel)
            .map((l) => ({ label: labels.get(l.labelId)!, author: l.author, state: l.state })),
          regions: own.map((r) => ({
            label: r.labelId === null ? null : labels.get(r.labelId)!,
            shape: r.shape,
            attributes: r.track ? { ...r.attributes, ...attributesOfTrack(r.track) } : r.attributes,
            z: r.z,
            author: r.author,
            state: r.state,
          })),
          captions: sound(captions.get(media.id), toCaption, problems, (c) =>
            problemLine('caption', c.id, c.regionId === null || index.has(c.regionId) ? null : 'describes a region that is left out'),
          ).map((c) => recordCaption(c, index)),
          tags: (tags.get(media.id) ?? []).map((t) => String(t['tag'])),
        },
      }
    }
  }
}

const problemLine = (what: string, id: number, problem: string | null) => problem && `${what} ${id}: ${problem}`

/** The rows that are what they should be; of any other a line in `problems`. */
function sound<T extends { id: number }>(
  rows: readonly StoredRow[] = [],
  decode: (row: StoredRow) => T,
  problems: string[],
  problemOf: (entity: T) => string | null,
): T[] {
  return rows.flatMap((row) => {
    try {
      const entity = decode(row)
      const problem = problemOf(entity)
      if (!problem) return [entity]
      problems.push(problem)
    } catch (e) {
      problems.push(errorLine(e))
    }
    return []
  })
}

function recordCaption(c: Caption, index: Map<number, number>) {
  const spans = c.spans.map((s) => ({ ...s, regions: s.regions.map((id) => index.get(id)).filter((i) => i !== undefined) }))
  return {
    text: c.text,
    language: c.language,
    region: c.regionId === null ? null : index.get(c.regionId)!,
    spans,
    author: c.author,
    state: c.state,
  }
}
