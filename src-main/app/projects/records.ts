/** Image records in and out: what importers yield is stored, what exporters consume is read, as streams. */
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { dataError, userError } from '#shared/errors.ts'
import type { Caption } from '#shared/model/caption.ts'
import type { StoredRow } from '#shared/model/journal.ts'
import type { Media, Root } from '#shared/model/media.ts'
import type { MediaFilter } from '#shared/model/project.ts'
import { imageRecord, type ImageRecord } from '#shared/model/record.ts'
import { toCaption, toMedia, toMediaLabel, toRegion } from '../../db/entities.ts'
import { Ingest, noCounts, type IngestCounts } from '../../db/ingest.ts'
import { mutate } from '../../db/journal.ts'
import { mediaIds } from '../../db/media-query.ts'
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
export async function addRecordStream(project: Project, records: AsyncIterable<ImageRecord>, options: AddRecordsOptions = {}): Promise<IngestCounts> {
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
      ingest ??= new Ingest(edit, ensureRootIn(project, edit, root), { kind: 'person', name: project.user }, done)
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
      if (s.end <= s.start || s.end > c.text.length) throw dataError(name, `captions.${i}: the span ${s.start} to ${s.end} is not within the text`)
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

/** Points a root at another folder, for images that were moved as a whole. */
export function moveRoot(project: Project, rootId: number, folder: string): void {
  mutate(project.db, project.user, 'move folder', (edit) => edit.update('root', rootId, { path: storedRoot(project, folder) }))
}

/** Whatever a person put on an image. */
const isBare = ({ db }: Project, id: number) =>
  ['region', 'media_label', 'caption', 'media_tag', 'comment'].every((table) => db.value(`SELECT 1 FROM ${table} WHERE media_id = ? LIMIT 1`, id) === undefined)

/**
 * Gives images another file: what they have stays. An image that has that file already makes way where nothing was put on it; otherwise both stay
 * as they are. @returns how many were moved
 */
export function relocateMedia(project: Project, root: string, moves: readonly { id: number; path: string; facts: { width: number; height: number; orientation: number } }[]): number {
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

/** The image's file. */
export function mediaFile(project: Project, media: Pick<Media, 'rootId' | 'path'>): string {
  const root = project.db.value<string>('SELECT path FROM root WHERE id = ?', media.rootId)
  if (root === undefined) throw userError(`folder ${media.rootId} is not in the project`)
  return join(resolve(project.folder, root), media.path)
}

export interface StoredRecord {
  mediaId: number
  /** The image's file, absolute. */
  file: string
  record: ImageRecord
  /** Ids in the order of `record.regions`. */
  regionIds: number[]
}

/** Everything known of the images that a filter lets through, in the order of their ids, some hundred at a time. */
export function* readRecords(project: Project, filter: MediaFilter = {}): Generator<StoredRecord> {
  const { db } = project
  const roots = new Map(listRoots(project).map((r) => [r.id, resolve(project.folder, r.path)]))
  const labels = new Map(db.all<{ id: number; name: string }>('SELECT id, name FROM label').map((l) => [l.id, l.name]))
  for (let after = 0; ; ) {
    const ids = mediaIds(db, filter, { after, limit: chunk })
    if (ids.length === 0) return
    after = ids.at(-1)!
    const wanted = JSON.stringify(ids)
    const children = (table: string, order = 't.id') => {
      const rows = db.all<StoredRow>(`SELECT t.* FROM json_each(?) AS wanted CROSS JOIN ${table} t ON t.media_id = wanted.value ORDER BY ${order}`, wanted)
      const byMedia = new Map<number, StoredRow[]>(ids.map((id) => [id, []]))
      for (const row of rows) byMedia.get(Number(row['media_id']))!.push(row)
      return byMedia
    }
    const [regions, mediaLabels, captions, tags] = [children('region', 't.z, t.id'), children('media_label'), children('caption'), children('media_tag')]
    for (const row of db.all<StoredRow>('SELECT m.* FROM json_each(?) AS wanted CROSS JOIN media m ON m.id = wanted.value ORDER BY m.id', wanted)) {
      const media = toMedia(row)
      const own = (regions.get(media.id) ?? []).map(toRegion)
      const index = new Map(own.map((r, i) => [r.id, i]))
      yield {
        mediaId: media.id,
        file: join(roots.get(media.rootId)!, media.path),
        regionIds: own.map((r) => r.id),
        record: {
          fileName: media.path, width: media.width, height: media.height, orientation: media.orientation, contentHash: media.contentHash,
          perceptualHash: media.perceptualHash, split: media.split, review: media.review,
          labels: (mediaLabels.get(media.id) ?? []).map(toMediaLabel).map((l) => ({ label: labels.get(l.labelId)!, author: l.author, state: l.state })),
          regions: own.map((r) => ({
            label: r.labelId === null ? null : labels.get(r.labelId)!, shape: r.shape, attributes: r.attributes, z: r.z, author: r.author, state: r.state,
          })),
          captions: (captions.get(media.id) ?? []).map(toCaption).map((c) => recordCaption(c, index)),
          tags: (tags.get(media.id) ?? []).map((t) => String(t['tag'])),
        },
      }
    }
  }
}

function recordCaption(c: Caption, index: Map<number, number>) {
  const spans = c.spans.map((s) => ({ ...s, regions: s.regions.map((id) => index.get(id)).filter((i) => i !== undefined) }))
  return { text: c.text, language: c.language, region: c.regionId === null ? null : index.get(c.regionId)!, spans, author: c.author, state: c.state }
}
