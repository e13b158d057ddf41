/**
 * The dataset hash: identifies the content, independent of the order of the edits that led to it.
 *
 * Each content row (image, image label, tag, region, caption) is hashed with SHA-256 over its image's path and its
 * content columns. The hashes are added modulo 2^256 (AdHash: Bellare & Micciancio 1997, "A new paradigm for
 * collision-free hashing"), with one sum per label, so an edit costs one subtraction and one addition. The dataset
 * hash is SHA-256 over the labels' names, synonyms, prompts, parents, attributes and skeletons (except their layout)
 * with their sums, sorted by name. A label without attributes or skeleton hashes as it did before those existed. Row
 * ids enter only through captions that refer to regions: equal data has equal hashes in two projects as long as no
 * caption is grounded.
 */
import { hash } from 'node:crypto'
import type { JournaledTable, StoredRow } from '#shared/model/journal.ts'
import type { Database } from './database.ts'
import { TallyDelta } from './tally.ts'
import { mediaTables, tables } from './tables.ts'

const modulus = 1n << 256n
export const noLabel = 0

/** The hash of one content row as a number below 2^256; `mediaPath` is its image's path. */
export function rowDigest(table: JournaledTable, row: StoredRow, mediaPath: string): bigint {
  const content = tables[table].content.map((column) => row[column] ?? null)
  return BigInt(`0x${hash('sha256', JSON.stringify([table, mediaPath, ...content]), 'hex')}`)
}

/** Differences to add to the stored sums, by label. */
export class DigestDelta {
  private readonly sums = new Map<number, bigint>()
  /** Differences of the counts of the same rows. */
  readonly tally = new TallyDelta()

  add(table: JournaledTable, row: StoredRow, mediaPath: string, sign: 1n | -1n = 1n): void {
    this.tally.add(table, row, sign === 1n ? 1 : -1)
    if (tables[table].content.length === 0) return
    const label = Number(row['label_id'] ?? noLabel)
    this.sums.set(label, (this.sums.get(label) ?? 0n) + sign * rowDigest(table, row, mediaPath))
  }

  flush(db: Database): void {
    for (const [label, delta] of this.sums) {
      if (delta === 0n) continue
      const sum = (BigInt(`0x${db.value<string>('SELECT sum FROM digest WHERE label_id = ?', label) ?? '0'}`) + delta) % modulus
      db.run('INSERT OR REPLACE INTO digest (label_id, sum) VALUES (?, ?)', label, ((sum + modulus) % modulus).toString(16))
    }
    this.sums.clear()
  }
}

/** 64 hexadecimal digits; reads all labels. */
export function datasetHash(db: Database): string {
  const labels = db.all<{ definition: string }>(`
    SELECT CASE
      WHEN l.skeleton IS NOT NULL THEN json_array(l.name, json(l.synonyms), json(l.prompts), p.name, coalesce(d.sum, '0'),
        json(coalesce(l.attributes, '[]')), json_extract(l.skeleton, '$.points', '$.edges'))
      WHEN l.attributes IS NULL THEN json_array(l.name, json(l.synonyms), json(l.prompts), p.name, coalesce(d.sum, '0'))
      ELSE json_array(l.name, json(l.synonyms), json(l.prompts), p.name, coalesce(d.sum, '0'), json(l.attributes)) END AS definition
    FROM label l LEFT JOIN label p ON p.id = l.parent_id LEFT JOIN digest d ON d.label_id = l.id ORDER BY l.name`)
  const rest = db.value<string>('SELECT sum FROM digest WHERE label_id = 0') ?? '0'
  return hash('sha256', JSON.stringify([rest, ...labels.map((l) => l.definition)]), 'hex')
}

/** The sums recomputed from the rows, label → hexadecimal, without zero sums. Used by the check. */
export function recountDigests(db: Database): Map<number, string> {
  const sums = new Map<number, bigint>()
  const count = (table: JournaledTable, rows: Iterable<StoredRow>) => {
    for (const row of rows) {
      const label = Number(row['label_id'] ?? noLabel)
      sums.set(label, ((sums.get(label) ?? 0n) + rowDigest(table, row, String(row['media_path']))) % modulus)
    }
  }
  count('media', db.iterate('SELECT *, path AS media_path FROM media'))
  for (const table of mediaTables)
    if (tables[table].content.length)
      count(table, db.iterate(`SELECT t.*, m.path AS media_path FROM ${table} t JOIN media m ON m.id = t.media_id`))
  return new Map([...sums].filter(([, sum]) => sum !== 0n).map(([label, sum]) => [label, sum.toString(16)]))
}
