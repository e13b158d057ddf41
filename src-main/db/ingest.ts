/**
 * Bulk insertion of image records: many rows per statement, ids assigned in advance, one range per table in the
 * journal.
 */
import { hash } from 'node:crypto'
import type { Author } from '#shared/model/author.ts'
import type { JournaledTable, StoredRow } from '#shared/model/journal.ts'
import { nextColour } from '#shared/model/label.ts'
import type { ImageRecord, RecordRegion } from '#shared/model/record.ts'
import type { Edit } from './edit.ts'
import { captionRow, labelRow, mediaLabelRow, mediaRow, regionRow } from './entities.ts'
import { imagesOfRoot, insertRows, keyOf, knownRows, type Known } from './ingest-rows.ts'
import { IngestedTracks, TracksOfImage, type TrackNumbers } from './ingest-tracks.ts'
import { indexDocuments } from './search.ts'

/** Parents first: a child inserted before its parent makes SQLite search for children of every following row. */
const order: readonly JournaledTable[] = ['media', 'region', 'media_label', 'caption', 'media_tag']

export interface IngestCounts {
  /** Number of images that are new to the project. */
  added: number
  /** Number of existing images that gained something. */
  merged: number
  /** Number of existing images that already had everything in their record. */
  unchanged: number
  labels: number
  regions: number
  imageLabels: number
  captions: number
  tags: number
}

export const noCounts = (): IngestCounts => ({
  added: 0,
  merged: 0,
  unchanged: 0,
  labels: 0,
  regions: 0,
  imageLabels: 0,
  captions: 0,
  tags: 0,
})

/**
 * Stays with a region through later edits, so that importing its file again does not add the original a second time.
 */
const sourceOf = (r: RecordRegion) => hash('sha256', JSON.stringify([r.label, r.shape, r.author ?? null]), 'hex').slice(0, 32)

export class Ingest {
  private readonly buffers = new Map<JournaledTable, StoredRow[]>()
  private readonly nextId = new Map<JournaledTable, number>()
  private readonly firstId = new Map<JournaledTable, number>()
  private readonly labels = new Map<string, number>()
  private readonly colours: string[] = []
  private readonly tracks: IngestedTracks
  /** Statements to recreate the dropped indices. */
  private readonly indices: string[] = []

  constructor(
    private readonly edit: Edit,
    private readonly rootId: number,
    private readonly author: Author,
    private readonly counts: IngestCounts,
    trackNumbers?: TrackNumbers,
  ) {
    for (const { id, name, colour } of edit.db.all<{ id: number; name: string; colour: string }>('SELECT id, name, colour FROM label')) {
      this.labels.set(name, id)
      this.colours.push(colour)
    }
    this.tracks = new IngestedTracks(edit.db, rootId, trackNumbers)
    this.dropIndices()
  }

  /** The records' file names must be distinct. */
  add(records: readonly ImageRecord[]): void {
    const existing = imagesOfRoot(
      this.edit.db,
      this.rootId,
      records.map((r) => r.fileName),
    )
    if (existing.size) this.restoreIndices() // needed to look up existing rows
    const known = knownRows(
      this.edit.db,
      [...existing.values()].map((m) => Number(m['id'])),
    )
    for (const record of records) {
      const media = existing.get(record.fileName)
      if (media) this.merge(record, media, known.get(Number(media['id'])) ?? (new Map() as Known))
      else this.addNew(record)
    }
    this.flush()
  }

  /** Recreates the indices and records the ranges for the journal. */
  finish(): void {
    this.restoreIndices()
    for (const [table, from] of this.firstId) {
      const to = this.nextId.get(table)! - 1
      this.edit.ranges.push({ table, from, to })
      if (table === 'media') indexDocuments(this.edit.db, from, to)
    }
  }

  private addNew(record: ImageRecord): void {
    const row = mediaRow({
      rootId: this.rootId,
      path: record.fileName,
      contentHash: record.contentHash ?? null,
      perceptualHash: record.perceptualHash ?? null,
      width: record.width ?? null,
      height: record.height ?? null,
      orientation: record.orientation ?? 1,
      split: record.split ?? null,
      review: record.review ?? 'unreviewed',
      duplicateGroup: null,
    })
    const accepted = (a: { author?: Author; state?: string }) => (a.state ?? this.stateOf(a.author)) === 'accepted'
    row['annotated'] = (record.regions ?? []).some(accepted) || (record.labels ?? []).some(accepted) ? 1 : 0
    const id = this.put('media', row, record.fileName)
    this.counts.added++
    this.edit.bulkMedia++
    this.children(record, id)
  }

  private merge(record: ImageRecord, media: StoredRow, known: Known): void {
    const id = Number(media['id'])
    const before = { ...this.counts }
    // Only missing values are filled in: existing ones may be a person's decision.
    const gaps = mediaRow({
      contentHash: record.contentHash,
      perceptualHash: record.perceptualHash,
      width: record.width,
      height: record.height,
      split: record.split ?? undefined,
    })
    const patch = Object.fromEntries(Object.entries(gaps).filter(([c, v]) => v !== null && media[c] === null))
    const filled = Object.keys(patch).length > 0 && this.edit.update('media', id, patch)
    if (record.captions?.length) this.edit.recaption(id)
    this.children(record, id, known)
    const changed = filled || (['regions', 'imageLabels', 'captions', 'tags'] as const).some((k) => this.counts[k] !== before[k])
    if (changed) this.edit.media.add(id)
    this.counts[changed ? 'merged' : 'unchanged']++
  }

  private children(record: ImageRecord, mediaId: number, known?: Known): void {
    const { fileName } = record
    /** The id of the row, new or existing. */
    const put = (table: JournaledTable, row: StoredRow, count: 'regions' | 'imageLabels' | 'captions' | 'tags') => {
      const rows = known?.get(table)
      const free = (key: string) => rows?.get(key)?.find((r) => !r.taken)
      const match = (row['source'] ? free(String(row['source'])) : undefined) ?? free(keyOf(table, row))
      if (match) {
        match.taken = true
        return match.id
      }
      this.counts[count]++
      return this.put(table, row, fileName)
    }
    const tracks = new TracksOfImage(this.tracks, fileName)
    const regionIds = (record.regions ?? []).map((r, i) =>
      put(
        'region',
        {
          ...regionRow({
            mediaId,
            labelId: r.label === null ? null : this.label(r.label),
            shape: r.shape,
            ...tracks.of(r),
            ...this.provenance(r),
            z: r.z ?? i,
            hidden: false,
            locked: false,
          }),
          source: sourceOf(r),
        },
        'regions',
      ),
    )
    const seen = new Set<string>()
    for (const l of record.labels ?? []) {
      const row = mediaLabelRow({ mediaId, labelId: this.label(l.label), ...this.provenance(l) })
      const key = keyOf('media_label', row)
      if (seen.has(key)) continue
      seen.add(key)
      put('media_label', row, 'imageLabels')
    }
    for (const c of record.captions ?? [])
      put(
        'caption',
        captionRow({
          mediaId,
          regionId: c.region == null ? null : regionIds[c.region]!,
          text: c.text,
          language: c.language ?? null,
          spans: (c.spans ?? []).map((s) => ({ ...s, regions: s.regions.map((i) => regionIds[i]!) })),
          ...this.provenance(c),
        }),
        'captions',
      )
    for (const tag of new Set(record.tags)) put('media_tag', { media_id: mediaId, tag }, 'tags')
  }

  private provenance(a: { author?: Author; state?: 'proposed' | 'accepted' | 'rejected' }) {
    const author = a.author ?? this.author
    return { author, state: a.state ?? this.stateOf(author) }
  }

  private stateOf(author = this.author) {
    return author.kind === 'person' ? ('accepted' as const) : ('proposed' as const)
  }

  private label(name: string): number {
    let id = this.labels.get(name)
    if (id === undefined) {
      const colour = nextColour(this.colours)
      this.colours.push(colour)
      id = this.edit.insert(
        'label',
        labelRow({ name, colour, key: null, synonyms: [], prompts: [], parentId: null, attributes: [], skeleton: null }),
      )
      this.labels.set(name, id)
      this.counts.labels++
    }
    return id
  }

  private put(table: JournaledTable, row: StoredRow, path: string): number {
    let id = this.nextId.get(table)
    if (id === undefined) {
      id = Number(this.edit.db.value('SELECT seq FROM sqlite_sequence WHERE name = ?', table) ?? 0) + 1
      this.firstId.set(table, id)
    }
    this.nextId.set(table, id + 1)
    this.edit.digest.add(table, row, path)
    let buffer = this.buffers.get(table)
    if (!buffer) this.buffers.set(table, (buffer = []))
    buffer.push({ id, ...row })
    return id
  }

  private flush(): void {
    for (const table of order) insertRows(this.edit.db, table, this.buffers.get(table)?.splice(0) ?? [])
  }

  /** Building an index at the end is twice as fast as updating it; only done for empty tables. */
  private dropIndices(): void {
    const { db } = this.edit
    for (const table of ['region', 'caption']) {
      if (db.value(`SELECT 1 FROM ${table} LIMIT 1`)) continue
      for (const { name, sql } of db.all<{ name: string; sql: string }>(
        `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL`,
        table,
      )) {
        db.exec(`DROP INDEX ${name}`)
        this.indices.push(sql)
      }
    }
  }

  private restoreIndices(): void {
    for (const sql of this.indices.splice(0)) this.edit.db.exec(sql)
  }
}
