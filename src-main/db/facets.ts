/**
 * How many images there are of each kind, among those that the other filters let through: the count beside a value is the number of
 * images that choosing it would show. A value's own filter never narrows the list that it stands in.
 *
 * Of many images the counts of annotations are first reckoned from a sample that is spread evenly over all.
 */
import type { MediaFilter } from '#shared/model/project.ts'
import type { Database, Value } from './database.ts'
import { all, annotationConditions, type Condition, folderOf, mediaIds, sampleIds, select, unreadableIds } from './media-query.ts'

/** Up to so many images are counted one by one at once. */
const few = 20_000

/** Which images are counted: null all of them. */
type Hits = (Condition & { factor: number }) | null
interface Counted {
  value: string | null
  count: number
}

export class FacetQuery {
  /** Whether anything was reckoned from a sample. */
  approximate = false
  private readonly known = new Map<string, Hits>()
  private readonly many: boolean

  constructor(
    private readonly db: Database,
    private readonly filter: MediaFilter,
    private readonly exact: boolean,
  ) {
    this.many = Number(db.value('SELECT max(id) FROM media') ?? 0) > few
  }

  /** Values of a column of images. */
  byColumn(column: 'split' | 'review', own: keyof MediaFilter): Counted[] {
    const hits = this.others(own)
    if (!hits && column === 'review') return this.reviews()
    const from = hits ? 'hit h CROSS JOIN media m ON m.id = h.id' : 'media m'
    return this.grouped(hits, `SELECT m.${column} AS value, count(*) AS count FROM ${from} GROUP BY 1 ORDER BY 1`)
  }

  /** Most are unreviewed, and only the others have an index. */
  private reviews(): Counted[] {
    const others = this.db.all<{ value: string | null; count: number }>(`SELECT review AS value, count(*) AS count FROM media WHERE review <> 'unreviewed' GROUP BY 1`)
    const rest = Number(this.db.value('SELECT count(*) FROM media')) - others.reduce((n, r) => n + r.count, 0)
    return [...others, ...(rest ? [{ value: 'unreviewed', count: rest }] : [])].sort((a, b) => (String(a.value) < String(b.value) ? -1 : 1))
  }

  tags(): Counted[] {
    const hits = this.others('tag')
    return this.grouped(hits, `SELECT t.tag AS value, count(*) AS count FROM ${hits ? 'hit h CROSS JOIN media_tag t ON t.media_id = h.id' : 'media_tag t'} GROUP BY 1 ORDER BY 1`)
  }

  /** Images of a condition on `m`, and of all. */
  split(own: keyof MediaFilter, condition: string): { count: number; rest: number } {
    const hits = this.others(own)
    const number = (sql: string) => this.scaled(hits, Number(this.db.value(this.with(hits, sql), ...(hits?.params ?? [])) ?? 0))
    const from = hits ? 'hit h CROSS JOIN media m ON m.id = h.id' : 'media m'
    const count = number(`SELECT count(*) FROM ${from} WHERE ${condition}`)
    return { count, rest: number(`SELECT count(*) FROM ${hits ? 'hit' : 'media'}`) - count }
  }

  unreadable = () => this.split('unreadable', `m.id IN (${unreadableIds})`).count

  /** Every folder that images lie in, with a slash at its end. */
  folders(): { rootId: number; folder: string; count: number }[] {
    const hits = this.others('folder')
    const from = hits ? 'hit h CROSS JOIN media m ON m.id = h.id' : 'media m INDEXED BY media_folder'
    return this.grouped(hits, `SELECT m.root_id AS rootId, ${folderOf('m.')} AS folder, count(*) AS count FROM ${from} GROUP BY 1, 2`)
  }

  labels(): { labelId: number; count: number }[] {
    const { labelIds: _, ...others } = this.filter
    const own: Condition = { sql: 'a.label_id IS NOT NULL', params: [] }
    return this.byAnnotation<{ labelId: number; count: number }>('label_id AS labelId', 'label_id', all([own, ...annotationConditions(others)]))
  }

  authors(): { author: string; count: number }[] {
    const { author: _, ...others } = this.filter
    return this.byAnnotation<{ author: string; count: number }>('author', 'author', all([...this.ofLabel(), ...annotationConditions(others)]))
  }

  /** Images with an annotation in this state, or with a score below: `patch` takes the place of that part of the filter. */
  annotated(patch: Pick<MediaFilter, 'state'> | Pick<MediaFilter, 'score'>): number {
    const wanted = { ...this.filter, ...patch }
    const hits = this.ofImages(wanted)
    const { sql, params } = all([...this.ofLabel(), ...annotationConditions(wanted)])
    const arm = (table: string) => `SELECT a.media_id FROM ${this.annotations(hits, table)} WHERE ${sql}`
    return this.scaled(hits, Number(this.db.value(this.with(hits, `SELECT count(*) FROM (${arm('region')} UNION ${arm('media_label')})`), ...(hits?.params ?? []), ...params, ...params) ?? 0))
  }

  private ofLabel = (): Condition[] => (this.filter.labelIds ? [{ sql: `a.label_id IN (${this.filter.labelIds.map(() => '?').join(', ')})`, params: this.filter.labelIds }] : [])

  private annotations = (hits: Hits, table: string) => (hits ? `hit h CROSS JOIN ${table} a ON a.media_id = h.id` : `${table} a`)

  /** Each image counts once for a value, by a region or by an image label. */
  private byAnnotation<T extends { count: number }>(value: string, column: 'label_id' | 'author', { sql, params }: Condition): T[] {
    const hits = this.ofImages(this.filter)
    if (hits) {
      const arm = (table: string) => `SELECT a.${column}, a.media_id FROM ${this.annotations(hits, table)} WHERE ${sql}`
      return this.grouped(hits, `SELECT ${value}, count(*) AS count FROM (${arm('region')} UNION ${arm('media_label')}) GROUP BY 1`, [...params, ...params])
    }
    // Of all images: the indices have the pairs in order, so that nothing is sorted but what both tables have.
    const index = column === 'label_id' ? 'label' : 'author'
    const regions = `SELECT DISTINCT a.${column}, a.media_id FROM region a INDEXED BY region_${index} WHERE ${sql}`
    const labels = `SELECT DISTINCT a.${column}, a.media_id FROM media_label a INDEXED BY media_label_${index} WHERE ${sql}
      AND NOT EXISTS (SELECT 1 FROM region b WHERE b.${column} = a.${column} AND b.media_id = a.media_id AND ${sql.replaceAll('a.', 'b.')})`
    const group = (pairs: string) => `SELECT ${value}, count(*) AS count FROM (${pairs}) GROUP BY 1`
    const sums = new Map<Value, T>()
    for (const row of [...this.db.all<T>(group(regions), ...params), ...this.db.all<T>(group(labels), ...params, ...params)]) {
      const key = Object.values(row)[0] as Value
      sums.set(key, { ...row, count: (sums.get(key)?.count ?? 0) + row.count })
    }
    return [...sums.values()].sort((x, y) => (Object.values(x)[0]! < Object.values(y)[0]! ? -1 : 1))
  }

  /** What all conditions but this one let through. */
  private others(own: keyof MediaFilter): Hits {
    const { [own]: _, ...others } = this.filter
    return this.hits(others)
  }

  /** What the conditions on images let through; those on annotations are the caller's. */
  private ofImages({ labelIds: _, author: __, score: ___, state: ____, ...others }: MediaFilter): Hits {
    return this.hits(others, this.many && !this.exact)
  }

  /** @param sampled whether all images are too many, too */
  private hits(filter: MediaFilter, sampled = false): Hits {
    const empty = Object.values(filter).every((v) => v === undefined)
    if (empty && !sampled) return null
    const key = JSON.stringify([filter, sampled])
    let hits = this.known.get(key)
    if (hits === undefined) this.known.set(key, (hits = this.find(filter)))
    if (hits && hits.factor > 1) this.approximate = true
    return hits
  }

  private find(filter: MediaFilter): Hits {
    const listed = (ids: readonly number[], factor: number) => ({ sql: 'SELECT value AS id FROM json_each(?)', params: [JSON.stringify(ids)], factor })
    const ids = mediaIds(this.db, filter, { limit: few + 1 })
    if (ids.length <= few) return listed(ids, 1)
    if (this.exact) return { ...select(this.db, filter), factor: 1 }
    const sample = sampleIds(this.db, filter, few)
    return listed(sample.ids, sample.factor)
  }

  private with = (hits: Hits, sql: string) => (hits ? `WITH hit(id) AS MATERIALIZED (${hits.sql}) ${sql}` : sql)
  private scaled = (hits: Hits, count: number) => Math.round(count * (hits?.factor ?? 1))

  private grouped<T extends { count: number }>(hits: Hits, sql: string, params: readonly Value[] = []): T[] {
    return this.db.all<T>(this.with(hits, sql), ...(hits?.params ?? []), ...params).map((r) => ({ ...r, count: this.scaled(hits, r.count) }))
  }
}
