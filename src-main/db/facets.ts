/**
 * Facet counts: the number beside a value is how many images choosing it would show, together with the other filters.
 * A filter never narrows its own list of values.
 *
 * With many images, counts are first estimated from an evenly spread sample.
 */
import type { MediaFilter } from '#shared/model/project.ts'
import { all, type Condition } from './condition.ts'
import type { Database, Value } from './database.ts'
import { incompleteIds } from './incomplete.ts'
import { tally } from './tally.ts'
import { annotationConditions, folderOf, mediaIds, openCommentIds, sampleIds, unreadableIds } from './media-query.ts'

/**
 * Up to this many images are counted exactly; beyond, a sample of half as many is accurate to one or two percentage
 * points.
 */
const few = 8000
/** If a sample estimates this many times `few`, there is no need for an exact check. */
const clearly = 3

/** The images to count; null means all. `listed`: an explicit list of ids, hence few annotations. */
type Hits = (Condition & { factor: number; listed: boolean }) | null
interface Counted {
  value: string | null
  count: number
}
export interface AnnotationCounts {
  labels: { labelId: number; count: number }[]
  authors: { author: string; count: number }[]
  proposed: number
  doubtful: number
}
interface AnnotationRow {
  mediaId: number
  labelId: number | null
  author: string
  score: number | null
  state: string
}

/** Annotations up to this score are doubtful. */
export const doubtful = { max: 0.5 } as const

export class FacetQuery {
  /** Whether any count is estimated from a sample. */
  approximate = false
  private readonly known = new Map<string, Hits>()
  readonly total: number

  /** @param most overrides the default limit, for tests */
  constructor(
    private readonly db: Database,
    private readonly filter: MediaFilter,
    private readonly exact: boolean,
    private readonly most = few,
  ) {
    this.total = tally(db).media
  }

  /** Counts per value of a column of images. */
  byColumn(column: 'split' | 'review', own: keyof MediaFilter): Counted[] {
    const hits = this.others(own)
    if (!hits) return column === 'review' ? this.reviews() : this.splits()
    const from = 'hit h CROSS JOIN media m ON m.id = h.id'
    return this.grouped(hits, `SELECT m.${column} AS value, count(*) AS count FROM ${from} GROUP BY 1 ORDER BY 1`)
  }

  private splits(): Counted[] {
    const named = [...tally(this.db).splits].map(([value, count]) => ({ value, count })).sort((a, b) => (a.value < b.value ? -1 : 1))
    const rest = this.total - named.reduce((n, s) => n + s.count, 0)
    return [...(rest ? [{ value: null, count: rest }] : []), ...named]
  }

  /** Most images are unreviewed, and only the others are indexed. */
  private reviews(): Counted[] {
    const others = this.db.all<{ value: string | null; count: number }>(
      `SELECT review AS value, count(*) AS count FROM media WHERE review <> 'unreviewed' GROUP BY 1`,
    )
    const rest = this.total - others.reduce((n, r) => n + r.count, 0)
    return [...others, ...(rest ? [{ value: 'unreviewed', count: rest }] : [])].sort((a, b) => (String(a.value) < String(b.value) ? -1 : 1))
  }

  tags(): Counted[] {
    const hits = this.others('tag')
    const from = hits ? 'hit h CROSS JOIN media_tag t ON t.media_id = h.id' : 'media_tag t'
    return this.grouped(hits, `SELECT t.tag AS value, count(*) AS count FROM ${from} GROUP BY 1 ORDER BY 1`)
  }

  /** Number of images for which a condition on `m` holds, and the rest. */
  split(own: keyof MediaFilter, condition: string): { count: number; rest: number } {
    const hits = this.others(own)
    if (!hits) {
      const count = Number(this.db.value(`SELECT count(*) FROM media m WHERE ${condition}`))
      return { count, rest: this.total - count }
    }
    const row = this.db.get<{ count: number | null; rest: number | null }>(
      this.with(hits, `SELECT sum(${condition}) AS count, sum(NOT (${condition})) AS rest FROM hit h CROSS JOIN media m ON m.id = h.id`),
      ...hits.params,
    )
    return { count: this.scaled(hits, row?.count ?? 0), rest: this.scaled(hits, row?.rest ?? 0) }
  }

  openComments = () => this.split('openComments', `m.id IN (${openCommentIds})`).count
  unreadable = () => this.split('unreadable', `m.id IN (${unreadableIds})`).count

  incomplete(): number {
    const { sql, params } = incompleteIds(this.db)
    if (!params.length) return 0
    const hits = this.others('incomplete')
    const from = hits ? 'hit h CROSS JOIN media m ON m.id = h.id' : 'media m'
    const count = this.db.value<number>(
      this.with(hits, `SELECT count(*) FROM ${from} WHERE m.id IN (${sql})`),
      ...(hits?.params ?? []),
      ...params,
    )
    return this.scaled(hits, Number(count ?? 0))
  }

  /** Every folder containing images, with a trailing slash. */
  folders(): { rootId: number; folder: string; count: number }[] {
    const hits = this.others('folder')
    const from = hits ? 'hit h CROSS JOIN media m ON m.id = h.id' : 'media m INDEXED BY media_folder'
    return this.grouped(hits, `SELECT m.root_id AS rootId, ${folderOf('m.')} AS folder, count(*) AS count FROM ${from} GROUP BY 1, 2`)
  }

  /** Each image counts once per value, whether by a region or by an image label. */
  annotations(): AnnotationCounts {
    const { labelIds: _, author: __, score: ___, state: ____, ...ofImages } = this.filter
    const hits = this.hits(ofImages, !this.exact && this.total > this.most)
    return hits?.listed ? this.countListed(hits) : this.countAll(hits)
  }

  /** For few annotations: computes all counts in one pass. */
  private countListed(hits: NonNullable<Hits>): AnnotationCounts {
    const columns = 'a.media_id AS mediaId, a.label_id AS labelId, a.author, a.score, a.state'
    const arm = (table: string) => `SELECT ${columns} FROM hit h CROSS JOIN ${table} a ON a.media_id = h.id`
    const rows = this.db.all<AnnotationRow & Record<string, Value>>(
      this.with(hits, `${arm('region')} UNION ALL ${arm('media_label')}`),
      ...hits.params,
    )
    const { labelIds, author, score, state } = this.filter
    const labelSet = labelIds && new Set(labelIds)
    const [labels, authors, proposed, low] = [new Images<number>(), new Images<string>(), new Set<number>(), new Set<number>()]
    const within = (value: number | null, { min, max }: NonNullable<MediaFilter['score']>) =>
      (min === undefined && max === undefined) ||
      (value !== null && (min === undefined || value >= min) && (max === undefined || value <= max))
    for (const a of rows) {
      const ofLabel = !labelSet || (a.labelId !== null && labelSet.has(a.labelId))
      const ofAuthor =
        !author || (author.name === undefined ? a.author.startsWith(`${author.kind}:`) : a.author === `${author.kind}:${author.name}`)
      const ofScore = !score || within(a.score, score)
      const ofState = !state || a.state === state
      if (ofAuthor && ofScore && ofState && a.labelId !== null) labels.add(a.labelId, a.mediaId)
      if (ofLabel && ofScore && ofState) authors.add(a.author, a.mediaId)
      if (ofLabel && ofAuthor && ofScore && a.state === 'proposed') proposed.add(a.mediaId)
      if (ofLabel && ofAuthor && ofState && within(a.score, doubtful)) low.add(a.mediaId)
    }
    return {
      labels: labels.counts.map(([labelId, count]) => ({ labelId, count: this.scaled(hits, count) })),
      authors: authors.counts.map(([name, count]) => ({ author: name, count: this.scaled(hits, count) })),
      proposed: this.scaled(hits, proposed.size),
      doubtful: this.scaled(hits, low.size),
    }
  }

  /** For any number of annotations. */
  private countAll(hits: Hits): AnnotationCounts {
    const { labelIds: _, ...others } = this.filter
    const { author: __, ...anyAuthor } = this.filter
    return {
      labels: this.byValue('label_id', all([{ sql: 'a.label_id IS NOT NULL', params: [] }, ...annotationConditions(others)]), hits).map(
        ([labelId, count]) => ({ labelId: Number(labelId), count }),
      ),
      authors: this.byValue('author', all([...this.ofLabel(), ...annotationConditions(anyAuthor)]), hits).map(([author, count]) => ({
        author: String(author),
        count,
      })),
      proposed: this.images({ ...this.filter, state: 'proposed' }, hits),
      doubtful: this.images({ ...this.filter, score: doubtful }, hits),
    }
  }

  private images(wanted: MediaFilter, hits: Hits): number {
    const { sql, params } = all([...this.ofLabel(), ...annotationConditions(wanted)])
    const arm = (table: string) => `SELECT a.media_id FROM ${this.from(hits, table)} WHERE ${sql}`
    return Number(
      this.db.value(
        this.with(hits, `SELECT count(*) FROM (${arm('region')} UNION ${arm('media_label')})`),
        ...(hits?.params ?? []),
        ...params,
        ...params,
      ) ?? 0,
    )
  }

  private ofLabel = (): Condition[] =>
    this.filter.labelIds ? [{ sql: `a.label_id IN (${this.filter.labelIds.map(() => '?').join(', ')})`, params: this.filter.labelIds }] : []

  private from = (hits: Hits, table: string) => (hits ? `hit h CROSS JOIN ${table} a ON a.media_id = h.id` : `${table} a`)

  private byValue(column: 'label_id' | 'author', { sql, params }: Condition, hits: Hits): [Value, number][] {
    const pairs = (query: string, ...given: Value[]) =>
      this.db
        .all<{ value: Value; count: number }>(`${query} GROUP BY 1 ORDER BY 1`, ...given)
        .map((r): [Value, number] => [r.value, r.count])
    if (hits) {
      const arm = (table: string) => `SELECT a.${column} AS value, a.media_id FROM ${this.from(hits, table)} WHERE ${sql}`
      return pairs(
        this.with(hits, `SELECT value, count(*) AS count FROM (${arm('region')} UNION ${arm('media_label')})`),
        ...hits.params,
        ...params,
        ...params,
      )
    }
    // Without a filter, the indices deliver pairs in order, so that only values occurring in both tables need
    // sorting.
    const index = column === 'label_id' ? 'label' : 'author'
    const regions = `SELECT DISTINCT a.${column} AS value, a.media_id FROM region a INDEXED BY region_${index} WHERE ${sql}`
    const labels = `SELECT DISTINCT a.${column} AS value, a.media_id FROM media_label a INDEXED BY media_label_${index} WHERE ${sql}
      AND NOT EXISTS (SELECT 1 FROM region b WHERE b.${column} = a.${column} AND b.media_id = a.media_id AND ${sql.replaceAll('a.', 'b.')})`
    const sums = new Map<Value, number>()
    for (const [value, count] of [
      ...pairs(`SELECT value, count(*) AS count FROM (${regions})`, ...params),
      ...pairs(`SELECT value, count(*) AS count FROM (${labels})`, ...params, ...params),
    ])
      sums.set(value, (sums.get(value) ?? 0) + count)
    return [...sums].sort(([a], [b]) => (a! < b! ? -1 : 1))
  }

  /** The images that pass all filters except this one. */
  private others(own: keyof MediaFilter): Hits {
    const { [own]: _, ...others } = this.filter
    return this.hits(others)
  }

  /** @param sampled sample even without any condition */
  private hits(filter: MediaFilter, sampled = false): Hits {
    const empty = Object.values(filter).every((v) => v === undefined)
    if (empty && !sampled && this.total > this.most) return null
    const key = JSON.stringify(filter)
    let hits = this.known.get(key)
    if (hits === undefined) this.known.set(key, (hits = this.find(filter)))
    if (hits && hits.factor > 1) this.approximate = true
    return hits
  }

  private find(filter: MediaFilter): Hits {
    const listed = (ids: readonly number[], factor: number, few = true) => ({
      sql: 'SELECT value AS id FROM json_each(?)',
      params: [JSON.stringify(ids)],
      factor,
      listed: few,
    })
    const sampled = () => sampleIds(this.db, filter, this.most >> 1)
    // If the sample has many hits, there is no need to count exactly.
    if (!this.exact && this.total > this.most * clearly) {
      const sample = sampled()
      if (sample.ids.length * sample.factor > this.most * clearly) return listed(sample.ids, sample.factor)
    }
    // Computed once for all counts, since finding the images costs more than reading a list of them.
    const ids = mediaIds(this.db, filter, { limit: this.exact ? Number.MAX_SAFE_INTEGER : this.most + 1 })
    if (ids.length <= this.most || this.exact) return listed(ids, 1, ids.length <= this.most)
    const sample = sampled()
    return listed(sample.ids, sample.factor)
  }

  private with = (hits: Hits, sql: string) => (hits ? `WITH hit(id) AS MATERIALIZED (${hits.sql}) ${sql}` : sql)
  private scaled = (hits: Hits, count: number) => Math.round(count * (hits?.factor ?? 1))

  private grouped<T extends { count: number }>(hits: Hits, sql: string): T[] {
    return this.db.all<T>(this.with(hits, sql), ...(hits?.params ?? [])).map((r) => ({ ...r, count: this.scaled(hits, r.count) }))
  }
}

/** The set of images that have a value. */
class Images<V extends string | number> {
  private readonly of = new Map<V, Set<number>>()

  add(value: V, image: number): void {
    const known = this.of.get(value)
    if (known) known.add(image)
    else this.of.set(value, new Set([image]))
  }

  get counts(): [V, number][] {
    return [...this.of].map(([value, images]): [V, number] => [value, images.size]).sort(([a], [b]) => (a < b ? -1 : 1))
  }
}
