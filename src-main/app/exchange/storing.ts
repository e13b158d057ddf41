/** Stores what an import has read. */
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { ImageRecord } from '#shared/model/record.ts'
import { repairedDeep } from '#shared/model/text.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Findings } from './findings.ts'
import { placesByContent } from '../../db/exchange.ts'
import { noCounts, type IngestCounts } from '../../db/ingest.ts'
import { Spool } from '../../db/spool.ts'
import { importLabelSchema } from '../annotations/label-schema.ts'
import { addLabels } from '../annotations/labels.ts'
import { listLabels } from '../projects/media.ts'
import type { Project } from '../projects/project.ts'
import { addRecords, listRoots, placedElsewhere } from '../projects/index.ts'
import type { DraftLabel, Source } from './draft.ts'
import { asOpinion, opinionPlaces } from './opinion.ts'
import { meter, type RunOptions } from './progress.ts'

/** While sharing the database: images per transaction, and the pause between transactions (ms) for other writers. */
const sharedTransaction = { images: 100, pause: 20 }

/** Accepts records as they arrive and stores them at once or in batches. */
export class Storing {
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

  /** Keeps the records whose images the project has. */
  private *opinions(
    records: Iterable<{ record: ImageRecord; root: string }>,
    name: string,
  ): Generator<{ record: ImageRecord; root: string }> {
    const placed = opinionPlaces(this.project)
    for (const { record, root } of records) {
      const there = placed(record, root)
      if (there) yield { record: asOpinion({ ...record, fileName: there.path }, name), root: there.root }
      else this.findings.leave({ file: record.fileName }, sentence('finding.no-such-image'))
    }
  }

  close(): void {
    this.spool?.close()
  }

  private write(batch: { record: ImageRecord; root: string }[]): void {
    this.declareNow()
    this.store(batch)
  }

  /** Adds the dataset's class list in order, so that class ids are preserved. */
  private declareNow(): void {
    const labels = listLabels(this.project)
    const [known, keys] = [new Set(labels.map((l) => l.name)), new Set(labels.map((l) => l.key))]
    const fresh = new Map<string, DraftLabel>()
    // For existing labels, only missing facts are filled in.
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
    // Records are grouped by root; most imports have one.
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

/** Recognises an image that the project has under another root: the same file, or the same content and name. */
function knownElsewhere(project: Project) {
  const roots = new Map(listRoots(project).map((r) => [r.id, path.resolve(project.folder, r.path)]))
  const placed = placedElsewhere(project)
  return (record: ImageRecord, root: string): { record: ImageRecord; root: string } | null => {
    const there = placed(root, record.fileName)
    if (there) return { record: { ...record, fileName: there.path }, root: there.root }
    if (!record.contentHash) return null
    const rows = placesByContent(project.db, record.contentHash)
    if (rows.some((r) => roots.get(r.root_id) === root)) return null
    const twin = rows.find((r) => path.posix.basename(r.path) === path.posix.basename(record.fileName) && roots.has(r.root_id))
    return twin ? { record: { ...record, fileName: twin.path }, root: roots.get(twin.root_id)! } : null
  }
}
