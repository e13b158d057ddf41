/**
 * The numbers that windows show after each edit. Rows are counted once; the counts then follow every edit on this
 * connection and are stored when the project closes. Stored counts are valid for one journal position; otherwise
 * everything is recounted.
 */
import { z } from 'zod'
import type { JournaledTable, StoredRow } from '#shared/model/journal.ts'
import type { Database } from './database.ts'

const count = z.number().int()
const pairs = z.array(z.tuple([count, count])).transform((given) => new Map(given))
const stored = z.object({
  seq: count,
  media: count,
  regions: count,
  imageLabels: count,
  captions: count,
  splits: z.array(z.tuple([z.string(), count])).transform((given) => new Map(given)),
  /** Accepted regions by label, and accepted image labels. */
  labelledRegions: pairs,
  labelledImages: pairs,
})
export type Tally = z.output<typeof stored>

/** Below this number of rows, counting is faster than reading stored counts. */
const many = 50_000
const known = new WeakMap<Database, Tally>()
const heard = new WeakSet<Database>()

const position = (db: Database) => Number(db.value('SELECT max(seq) FROM journal') ?? 0)

/** The current counts. */
export function tally(db: Database): Readonly<Tally> {
  const seq = position(db)
  let mine = known.get(db)
  if (mine?.seq !== seq) known.set(db, (mine = readBack(db, seq) ?? counted(db, seq)))
  if (!heard.has(db)) db.whenRolledBack(() => known.delete(db))
  heard.add(db)
  return mine
}

function readBack(db: Database, seq: number): Tally | null {
  const text = db.value<string>(`SELECT value FROM meta WHERE key = 'tally'`)
  if (text === undefined) return null
  try {
    const found = stored.parse(JSON.parse(text))
    return found.seq === seq ? found : null
  } catch {
    return null // from another version
  }
}

function counted(db: Database, seq: number): Tally {
  const all = (table: string) => Number(db.value(`SELECT count(*) FROM ${table}`))
  const byLabel = (table: string) =>
    new Map(
      db
        .all<{ id: number; n: number }>(
          `SELECT label_id AS id, count(*) AS n FROM ${table} WHERE label_id IS NOT NULL AND state = 'accepted' GROUP BY label_id`,
        )
        .map((r) => [r.id, r.n]),
    )
  const splits = db.all<{ split: string; n: number }>('SELECT split, count(*) AS n FROM media WHERE split IS NOT NULL GROUP BY split')
  return {
    seq,
    media: all('media'),
    regions: all('region'),
    imageLabels: all('media_label'),
    captions: all('caption'),
    splits: new Map(splits.map((s) => [s.split, s.n])),
    labelledRegions: byLabel('region'),
    labelledImages: byLabel('media_label'),
  }
}

/** Stores the counts if recounting would take long. */
export function keepTally(db: Database): void {
  const mine = known.get(db)
  if (db.options.readOnly || !mine || mine.regions + mine.media + mine.captions + mine.imageLabels < many) return
  if (mine.seq !== position(db) || readBack(db, mine.seq)) return
  const lists = { splits: [...mine.splits], labelledRegions: [...mine.labelledRegions], labelledImages: [...mine.labelledImages] }
  db.run(`INSERT OR REPLACE INTO meta (key, value) VALUES ('tally', ?)`, JSON.stringify({ ...mine, ...lists }))
}

/** How an edit changes the counts. */
export class TallyDelta {
  private readonly sums = new Map<JournaledTable, number>()
  private readonly maps = {
    splits: new Map<string, number>(),
    labelledRegions: new Map<number, number>(),
    labelledImages: new Map<number, number>(),
  }

  add(table: JournaledTable, row: StoredRow, n: 1 | -1): void {
    this.sums.set(table, (this.sums.get(table) ?? 0) + n)
    if (table === 'media') more(this.maps.splits, row['split'] as string | null, n)
    else if ((table === 'region' || table === 'media_label') && row['state'] === 'accepted')
      more(this.maps[table === 'region' ? 'labelledRegions' : 'labelledImages'], row['label_id'] as number | null, n)
  }

  /** @param seq journal position of the edit */
  apply(db: Database, seq: number): void {
    const mine = known.get(db)
    if (mine?.seq !== seq - 1) return
    const sum = (table: JournaledTable) => this.sums.get(table) ?? 0
    mine.seq = seq
    mine.media += sum('media')
    mine.regions += sum('region')
    mine.imageLabels += sum('media_label')
    mine.captions += sum('caption')
    for (const [value, n] of this.maps.splits) more(mine.splits, value, n)
    for (const of of ['labelledRegions', 'labelledImages'] as const) for (const [value, n] of this.maps[of]) more(mine[of], value, n)
  }
}

function more<V>(counts: Map<V, number>, value: V | null, n: number): void {
  if (value === null) return
  const now = (counts.get(value) ?? 0) + n
  if (now) counts.set(value, now)
  else counts.delete(value)
}
