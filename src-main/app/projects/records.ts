/** Image records that importers yield, stored. */
import { dataError } from '#shared/errors.ts'
import { imageRecord, type ImageRecord } from '#shared/model/record.ts'
import { Ingest, noCounts, type IngestCounts } from '../../db/ingest.ts'
import type { TrackNumbers } from '../../db/ingest-tracks.ts'
import { mutate } from '../../db/journal.ts'
import { ensureRootIn } from './places.ts'
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
