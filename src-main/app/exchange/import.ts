/** Annotations of any format into a project. */
import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { dataError, userError } from '#shared/errors.ts'
import { importOptions, type FormatName, type ImportOptions, type ImportReport } from '#shared/model/exchange.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import { repairedDeep } from '#shared/model/text.ts'
import { setTimeout as pause } from 'node:timers/promises'
import { noCounts, type IngestCounts } from '../../db/ingest.ts'
import { grouped } from '../../db/journal.ts'
import { importLabelSchema } from '../annotations/label-schema.ts'
import { addLabels } from '../annotations/labels.ts'
import { mayBeMissing, relink } from '../media/relink.ts'
import { listLabels } from '../projects/media.ts'
import type { Project } from '../projects/project.ts'
import { addRecords, agreeToLinks, listRoots, placedElsewhere } from '../projects/index.ts'
import { realPlace } from '../../files/places.ts'
import { datasetRoot, detectFormat } from './detect.ts'
import type { DraftLabel, Source } from './draft.ts'
import { Findings } from './findings.ts'
import { formats } from './formats.ts'
import { isAnnotationLike } from './looks.ts'
import { asOpinion, opinionPlaces } from './opinion.ts'
import { mapOrdered, meter, type OnProgress } from './progress.ts'
import { settle, sha256 } from './settle.ts'
import { Spool } from './spool.ts'
import { isImage, Tree } from './tree.ts'
import { Unpacked } from './unpacked.ts'
import { type Left, leftIn } from './unread.ts'
import { openArchiveRecords, unpackZip } from './zip.ts'

export interface RunOptions {
  onProgress?: OnProgress
  signal?: AbortSignal
  /** Others write to the project meanwhile: many short transactions with room between them, still one step of undo. */
  sharing?: boolean
}

/** Images a transaction, and milliseconds for others between two, while sharing. */
const sharedTransaction = { images: 100, pause: 20 }

/**
 * Reads a file or folder into a project. What is good is taken, what is not is reported with its reason; the records are
 * stored after all was read, in one transaction or (sharing) several that are one step of undo, or in batches that a second run goes on from. Images are referenced where they lie; those out of
 * an archive (tar, zip) are unpacked into the project's `media` folder. The same import run twice adds nothing.
 */
export async function importInto(project: Project, given: string, options: ImportOptions & RunOptions = {}): Promise<ImportReport> {
  const began = performance.now()
  const { onProgress, signal, sharing, ...rest } = options
  const parsed = importOptions.safeParse(rest)
  if (!parsed.success) throw userError(`${parsed.error.issues[0]!.path.join('.')}: ${parsed.error.issues[0]!.message}`)
  const findings = new Findings()
  const input = path.resolve(given)
  if (!existsSync(input)) throw userError(`${given}: no such file or folder`)
  const unpacked = new Unpacked(project)
  const unpackTo = unpacked.folder
  const store = new Storing(project, { ...parsed.data, onProgress, signal, sharing }, findings)
  try {
    let at = input
    if (/\.zip$/i.test(input)) {
      // By its content: another archive of the same name is another folder.
      at = unpackTo(`${path.basename(input).replace(/(\.dashi)?\.zip$/i, '')}-${(await sha256(input)).slice(0, 12)}`)
      await unpackZip(input, at, findings, signal)
    }
    const besides = ownBesides(project, at)
    const format = parsed.data.format === 'auto' ? await detectFormat(at, besides) : parsed.data.format
    if (besides && format === 'dashi') throw userError(`${given}: is this very project`)
    const taken: Taken = {
      annotations: { regions: 0, labels: 0, captions: 0 },
      missing: 0,
      unread: [],
      unreadFiles: 0,
      unmentioned: 0,
      skipped: [],
    }
    const read = () =>
      readAll(statSync(at).isFile() || besides || formats[format].beside ? at : datasetRoot(at), format, {
        options: parsed.data,
        findings,
        taken,
        unpackTo,
        store,
        besides,
      })
    const root = parsed.data.batch === undefined ? await grouped(project.db, project.user, read) : await read()
    return {
      format,
      root,
      images: store.images,
      counts: store.counts,
      ...taken,
      nothingTaken: tookNothing(taken, findings),
      unreadable: [],
      unreadableImages: 0,
      ...findings.report,
      seconds: (performance.now() - began) / 1000,
    }
  } catch (e) {
    throw unpacked.undo(given, e, signal?.aborted ?? false)
  } finally {
    store.close()
  }
}

/** What came of an import beside what the project got of it. */
type Taken = Pick<ImportReport, 'annotations' | 'missing'> & Left

/** Files of annotations lie here, and none came of them. Those that say that there is nothing (no rows, an empty list) were read. */
function tookNothing({ annotations: { regions, labels, captions }, unread }: Taken, findings: Findings): boolean {
  if (regions + labels + captions > 0) return false
  return unread.some((u) => u.likely) || findings.list.some((f) => f.level === 'left out' && isAnnotationLike(f.file.split(':')[0]!))
}

interface Reading {
  options: Source['options']
  findings: Findings
  taken: Taken
  unpackTo: Source['unpackTo']
  store: Storing
  besides: readonly string[] | undefined
}

/** Of the project's own folder, in which its images lie: what of it is none of theirs; undefined of any other. */
export function ownBesides(project: Project, folder: string): readonly string[] | undefined {
  if (realPlace(folder) !== realPlace(project.folder)) return undefined
  return listRoots(project).some((r) => r.path === 'media' || r.path.startsWith('media/')) ? ['media'] : []
}

/** Returns the folder that the images' paths are relative to. */
async function readAll(at: string, format: FormatName, { options, findings, taken, unpackTo, store, besides }: Reading): Promise<string> {
  if (format === 'dashi') {
    for (const { record, root } of openArchiveRecords(at, findings, (labels) => store.declare(labels))) {
      count(taken, record)
      store.put(record, root)
    }
    await store.finish()
    return at
  }
  const read = formats[format].read
  if (!read) throw userError(`${format} cannot be imported`)
  const isFile = statSync(at).isFile()
  const folder = isFile ? datasetFolder(at, format) : at
  const tree = new Tree(folder, options.followLinks, besides)
  const images = options.images === undefined ? tree : new Tree(existingFolder(options.images), options.followLinks)
  let root: string | undefined
  const source: Source = {
    tree,
    images,
    file: isFile ? path.relative(folder, at).split(path.sep).join('/') : null,
    findings,
    options,
    unpackTo,
    took: (taken) => tree.took(taken),
    declareLabels: (labels) => store.declare(labels),
  }
  // Images that came before their files get them now, and are known again below.
  if (mayBeMissing(store.project)) await relink(store.project, images.root, imagesIn(images))
  const settled = mapOrdered(read(source), 8, async (draft) => {
    const at = draft.root ?? images.root
    tree.took(draft.where.file)
    if (!draft.root) images.took(draft.image.path)
    return { at, exists: draft.image.exists, record: await settle(source, draft, path.join(at, draft.image.path)) }
  })
  for await (const { at, exists, record } of settled) {
    if (record) {
      count(taken, record)
      if (!exists) taken.missing++
      store.put(record, at)
    }
    root ??= at
  }
  for (const name of new Set([...tree.undecodable, ...images.undecodable]))
    findings.leave({ file: name }, 'its name is no UTF-8, so it cannot be taken; rename it')
  if (!isFile) Object.assign(taken, leftIn(tree))
  if (store.images + findings.leftOut === 0) throw dataError(at, `holds nothing in the format ${format}`)
  await store.finish()
  if (options.followLinks) agreeToLinks(store.project, images.root)
  return root ?? images.root
}

function* imagesIn(tree: Tree): Generator<string> {
  for (const file of tree.files('')) if (isImage(file)) yield file
}

function count({ annotations }: Taken, { regions, labels, captions }: ImageRecord): void {
  annotations.regions += regions?.length ?? 0
  annotations.labels += labels?.length ?? 0
  annotations.captions += captions?.length ?? 0
}

/** A file in `annotations/` belongs to the folder above it, as do those of `data/` and `ann/`. */
function datasetFolder(file: string, format: FormatName): string {
  const folder = path.dirname(file)
  const apart = formats[format].apart?.includes(path.basename(folder))
  return apart ? path.dirname(folder) : folder
}

function existingFolder(folder: string): string {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw userError(`images: ${folder}: no such folder`)
  return folder
}

/** Takes records in as they come, into the database at once or in batches. */
class Storing {
  images = 0
  counts: IngestCounts = noCounts()
  private readonly spool: Spool | null
  private batch: { record: ImageRecord; root: string }[] = []
  private readonly labels: DraftLabel[] = []
  private readonly tracks = new Map<string, number>()
  private readonly report: ReturnType<typeof meter>

  constructor(
    readonly project: Project,
    private readonly options: Source['options'] & RunOptions,
    private readonly findings: Findings,
  ) {
    this.spool = options.batch === undefined ? new Spool() : null
    this.report = meter(options.onProgress)
  }

  declare(labels: readonly (string | DraftLabel)[]): void {
    for (const l of labels) this.labels.push(repairedDeep(typeof l === 'string' ? { name: l } : l))
  }

  put(record: ImageRecord, root: string): void {
    this.options.signal?.throwIfAborted()
    this.report('reading', ++this.images)
    if (this.spool) this.spool.put('record', root, record)
    else if (this.batch.push({ record, root }) >= this.options.batch!) this.write(this.batch.splice(0))
  }

  async finish(): Promise<void> {
    if (!this.spool) return this.write(this.batch)
    const records = spooled(this.spool)
    if (this.options.sharing) {
      const { images, pause: rest } = sharedTransaction
      for (let some = take(records, images); some.length; some = take(records, images)) {
        this.project.db.transaction(() => this.write(some))
        await pause(rest)
      }
    }
    this.project.db.transaction(() => {
      this.declareNow()
      this.store(records)
    })
  }

  /** Each where the project has its image. */
  private *opinions(
    records: Iterable<{ record: ImageRecord; root: string }>,
    name: string,
  ): Generator<{ record: ImageRecord; root: string }> {
    const placed = opinionPlaces(this.project)
    for (const { record, root } of records) {
      const there = placed(record, root)
      if (there) yield { record: asOpinion({ ...record, fileName: there.path }, name), root: there.root }
      else this.findings.leave({ file: record.fileName }, `the project has no such image, and a second opinion brings none`)
    }
  }

  close(): void {
    this.spool?.close()
  }

  private write(batch: { record: ImageRecord; root: string }[]): void {
    this.declareNow()
    this.store(batch)
  }

  /** The class list of the dataset, so that class ids keep their order. */
  private declareNow(): void {
    const labels = listLabels(this.project)
    const [known, keys] = [new Set(labels.map((l) => l.name)), new Set(labels.map((l) => l.key))]
    const fresh = new Map<string, DraftLabel>()
    // Of labels that are there already, only gaps are filled.
    const told = [
      ...new Map(
        this.labels.filter((l) => l.parent || l.attributes?.length || l.skeleton).map((l) => [l.name.trim().slice(0, 500), l]),
      ).entries(),
    ]
      .filter(([name]) => name)
      .map(([name, { parent = null, attributes = [], skeleton }]) => ({
        name,
        parent,
        attributes,
        ...(skeleton ? { skeleton } : {}),
        synonyms: [],
        prompts: [],
      }))
    for (const l of this.labels.splice(0)) {
      const name = l.name.trim().slice(0, 500)
      if (name && !known.has(name) && !fresh.has(name)) fresh.set(name, { ...l, name })
    }
    if (fresh.size)
      this.counts.labels += addLabels(
        this.project,
        [...fresh.values()].map(({ parent: _, key, ...l }) => ({ ...l, key: key && !keys.has(key) ? key : null })),
      ).length
    if (told.length) importLabelSchema(this.project, { format: 'dashi-labels', version: 1, labels: told }, 'merge')
  }

  private store(records: Iterable<{ record: ImageRecord; root: string }>): void {
    const { project, counts, options, report } = this
    const of = this.spool ? this.images : null
    const before = { ...counts }
    let done = before.added + before.merged + before.unchanged
    const known = knownElsewhere(project)
    if (options.secondOpinion !== undefined) records = this.opinions(records, options.secondOpinion)
    // Records go by root; most imports have one.
    const write = (root: string, some: Iterable<ImageRecord>) => {
      const more = addRecords(project, some, {
        root,
        action: options.action ?? 'import',
        tracks: this.tracks,
        ...(options.signal ? { signal: options.signal } : {}),
        onProgress: (n) => report('storing', done + n, of),
      })
      done += more.added + more.merged + more.unchanged
      for (const k of Object.keys(counts) as (keyof IngestCounts)[]) counts[k] += more[k]
    }
    const others: { record: ImageRecord; root: string }[] = []
    const iterator = records[Symbol.iterator]()
    let next = iterator.next()
    while (!next.done) {
      const { root } = next.value
      write(
        root,
        (function* () {
          for (; !next.done && next.value.root === root; next = iterator.next()) {
            const elsewhere = known(next.value.record, root)
            if (elsewhere) others.push(elsewhere)
            else yield next.value.record
          }
        })(),
      )
    }
    for (const { root, record } of others) write(root, [record])
  }
}

function* spooled(spool: Spool): Generator<{ record: ImageRecord; root: string }> {
  for (const { value, key } of spool.all('record')) yield { record: value as ImageRecord, root: key }
}

function take<T>(from: Iterator<T>, n: number): T[] {
  const some: T[] = []
  for (let next; some.length < n && !(next = from.next()).done;) some.push(next.value)
  return some
}

/** An image that the project has under another folder is that image: the same file, or the same content under the same name. */
function knownElsewhere(project: Project) {
  const roots = new Map(listRoots(project).map((r) => [r.id, path.resolve(project.folder, r.path)]))
  const placed = placedElsewhere(project)
  return (record: ImageRecord, root: string): { record: ImageRecord; root: string } | null => {
    const there = placed(root, record.fileName)
    if (there) return { record: { ...record, fileName: there.path }, root: there.root }
    if (!record.contentHash) return null
    const rows = project.db.all<{ root_id: number; path: string }>(
      'SELECT root_id, path FROM media WHERE content_hash = ?',
      record.contentHash,
    )
    if (rows.some((r) => roots.get(r.root_id) === root)) return null
    const twin = rows.find((r) => path.posix.basename(r.path) === path.posix.basename(record.fileName) && roots.has(r.root_id))
    return twin ? { record: { ...record, fileName: twin.path }, root: roots.get(twin.root_id)! } : null
  }
}
