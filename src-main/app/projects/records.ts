/** Stores image records as yielded by importers. */
import { dataError } from '#shared/errors.ts'
import { issueSentence } from '#shared/sentences/issue.ts'
import { sentence } from '#shared/sentences/table.ts'
import { imageRecord, type ImageRecord } from '#shared/model/record.ts'
import { Ingest, noCounts, type IngestCounts } from '../../db/ingest.ts'
import type { TrackNumbers } from '../../db/ingest-tracks.ts'
import { mutate } from '../../db/journal.ts'
import { ensureRootIn } from './places.ts'
import type { Project } from './project.ts'

const chunk = 500

export interface AddRecordsOptions {
  /** The folder that file names are relative to; by default the project's `media` folder. */
  root?: string
  /** Images per transaction. Without it everything is one transaction: all or nothing, and one undo step. */
  batch?: number
  /** The action's name in the journal. */
  action?: string
  /** Called after each chunk with the number of images done. */
  onProgress?: (done: number) => void
  signal?: AbortSignal
  /** Track numbers assigned so far by an import with several calls. */
  tracks?: TrackNumbers
}

/**
 * Stores records. An existing image (same root and file name) only gains what it lacks, so repeating an import
 * changes nothing, and one interrupted between batches continues.
 * @throws dataError at the first record that is not a valid `imageRecord`
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

/** Like `addRecords` for an asynchronous source, in batches (of 2,000 by default). */
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

/** One transaction; `counts` grow only if it commits. */
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
    throw dataError(name, issueSentence(parsed.error))
  }
  const record = parsed.data
  const regions = record.regions?.length ?? 0
  for (const [i, c] of (record.captions ?? []).entries()) {
    const refs = [...(c.region == null ? [] : [c.region]), ...(c.spans ?? []).flatMap((s) => s.regions)]
    const wrong = refs.find((r) => r >= regions)
    if (wrong !== undefined) throw dataError(name, sentence('record.no-region', { i, region: wrong, regions }))
    for (const s of c.spans ?? [])
      if (s.end <= s.start || s.end > c.text.length) throw dataError(name, sentence('record.span', { i, start: s.start, end: s.end }))
  }
  return record
}
