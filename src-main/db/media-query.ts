/**
 * Selects images: filters as SQL over covering indices, in pages after the last id seen.
 *
 * A condition on annotations starts from the annotations: each arm of a UNION walks one index in image id order and
 * the arms are merged, so the first page costs no more than the rows it skips. Otherwise the images themselves are
 * scanned.
 */
import type { MediaFilter } from '#shared/model/project.ts'
import { all, type Condition } from './condition.ts'
import type { Database, Value } from './database.ts'
import { incompleteIds } from './incomplete.ts'

export interface Page {
  /** Only images after this id. */
  after?: number
  limit?: number
}

/** Ids in ascending order, 100 by default. */
export function mediaIds(db: Database, filter: MediaFilter = {}, page: Page = {}): number[] {
  const { sql, params } = select(db, filter, page.after ?? 0)
  // For very many ids, a single text result is ten times cheaper than rows.
  if ((page.limit ?? 100) > 10_000)
    return textOfIds(
      db.value<string | null>(`SELECT group_concat(id) FROM (SELECT * FROM (${sql}) ORDER BY 1 LIMIT ?)`, ...params, page.limit!),
    )
  return db.all<{ id: number }>(`${sql} ORDER BY 1 LIMIT ?`, ...params, page.limit ?? 100).map((r) => r.id)
}

const textOfIds = (text: string | null | undefined): number[] => (text ? (JSON.parse(`[${text}]`) as number[]) : [])

/** An evenly spread sample of the images that pass the filter, and how many images each one represents. */
export function sampleIds(db: Database, filter: MediaFilter, size: number): { ids: number[]; factor: number } {
  const last = Number(db.value('SELECT max(id) FROM media') ?? 0)
  const step = Math.max(1, last / size)
  const wanted = Array.from({ length: Math.min(size, last) }, (_, i) => 1 + Math.floor((i + spread(i)) * step))
  const conditions = [...mediaConditions(db, filter), annotationExists(filter)]
  const { captionText } = filter
  if (captionText !== undefined && [...captionText].length >= 3)
    conditions.push({ sql: 'm.id IN (SELECT rowid FROM caption_text WHERE caption_text MATCH ?)', params: [phrase(captionText)] })
  const { sql, params } = all(conditions)
  const ids = db.value<string | null>(
    `SELECT group_concat(m.id) FROM json_each(?) AS w CROSS JOIN media m ON m.id = w.value WHERE ${sql}`,
    JSON.stringify(wanted),
    ...params,
  )
  return { ids: textOfIds(ids), factor: step }
}
/** A hash of i in [0, 1); keeps the sample from aliasing with patterns in the ids. */
const spread = (i: number) => ((i * 0x9e3779b1) >>> 8) / 2 ** 24

const phrase = (text: string) => `"${text.replaceAll('"', '""')}"`

/** Number of images that pass a filter. */
export function countMedia(db: Database, filter: MediaFilter = {}): number {
  const { sql, params } = select(db, filter, 0)
  return Number(db.value(`SELECT count(*) FROM (${sql})`, ...params))
}

function select(db: Database, filter: MediaFilter, after: number): Condition {
  const { captionText } = filter
  const arms = captionText === undefined || [...captionText].length < 3 ? annotationArms(db, filter) : []
  // Annotations know their image but not its folder: list the folder's images once, so that no others are read.
  const listed = filter.folder && filter.folder.path !== '' && arms.length ? inFolder(filter.folder) : null
  const media = all(mediaConditions(db, listed ? { ...filter, folder: undefined } : filter))
  if (captionText !== undefined && [...captionText].length >= 3) {
    const annotation = annotationExists(filter)
    return {
      // Matches come in the order of f.rowid, the image's id: no sorting needed.
      sql: `SELECT f.rowid AS id FROM caption_text f CROSS JOIN media m ON m.id = f.rowid
        WHERE caption_text MATCH ? AND f.rowid > ? AND ${media.sql} AND ${annotation.sql}`,
      params: [phrase(captionText), after, ...media.params, ...annotation.params],
    }
  }
  if (arms.length === 0) return { sql: `SELECT m.id FROM media m WHERE m.id > ? AND ${media.sql}`, params: [after, ...media.params] }
  const join = media.sql === '1' ? '' : 'CROSS JOIN media m ON m.id = a.media_id'
  const among = listed ? `AND a.media_id IN (SELECT m.id FROM media m INDEXED BY media_folder WHERE ${listed.sql})` : ''
  return {
    sql: arms
      .map((arm) => `SELECT a.media_id AS id FROM ${arm.from} ${join} WHERE a.media_id > ? AND ${arm.sql} ${among} AND ${media.sql}`)
      .join(' UNION '),
    params: arms.flatMap((arm) => [after, ...arm.params, ...(listed?.params ?? []), ...media.params]),
  }
}

function mediaConditions(db: Database, filter: MediaFilter): Condition[] {
  const conditions: Condition[] = []
  const add = (sql: string, ...params: Value[]) => conditions.push({ sql, params })
  if (filter.split === null) add('m.split IS NULL')
  else if (filter.split !== undefined) add('m.split = ?', filter.split)
  // SQLite uses a partial index only if the query repeats its condition literally.
  if (filter.review === 'unreviewed') add('m.review = ?', filter.review)
  else if (filter.review !== undefined) add(`m.review = ? AND m.review <> 'unreviewed'`, filter.review)
  if (filter.tag !== undefined) add('m.id IN (SELECT media_id FROM media_tag WHERE tag = ?)', filter.tag)
  if (filter.pathText !== undefined) add(`m.path LIKE ? ESCAPE '\\'`, like(filter.pathText))
  // The trigram index needs at least three characters; for shorter texts every caption is read.
  if (filter.captionText !== undefined && [...filter.captionText].length < 3)
    add(`m.id IN (SELECT media_id FROM caption WHERE text LIKE ? ESCAPE '\\')`, like(filter.captionText))
  if (filter.duplicates === 'near') add('m.duplicate_group IS NOT NULL')
  if (filter.duplicates === 'exact') {
    add('m.id IN (SELECT id FROM media WHERE content_hash IN (SELECT value FROM json_each(?)))', repeated(db))
  }
  if (filter.openComments) add(`m.id IN (${openCommentIds})`)
  if (filter.unlabelled !== undefined) add(`m.annotated ${filter.unlabelled ? '=' : '<>'} 0`)
  if (filter.unreadable !== undefined) add(`m.id ${filter.unreadable ? 'IN' : 'NOT IN'} (${unreadableIds})`)
  if (filter.incomplete !== undefined) {
    const { sql, params } = incompleteIds(db)
    add(`m.id ${filter.incomplete ? 'IN' : 'NOT IN'} (${sql})`, ...params)
  }
  if (filter.folder) conditions.push(folderCondition(db, filter.folder))
  return conditions
}

/** Hashes shared by several images, as JSON; found by scanning all hashes, once per journal position. */
function repeated(db: Database): string {
  const seq = Number(db.value('SELECT max(seq) FROM journal') ?? 0)
  let known = repeatedAt.get(db)
  if (known?.seq !== seq) {
    const twice = db.all<{ hash: string }>(
      'SELECT content_hash AS hash FROM media WHERE content_hash IS NOT NULL GROUP BY content_hash HAVING count(*) > 1',
    )
    repeatedAt.set(db, (known = { seq, hashes: JSON.stringify(twice.map((t) => t.hash)) }))
    if (!heard.has(db)) db.whenRolledBack(() => repeatedAt.delete(db))
    heard.add(db)
  }
  return known.hashes
}
const repeatedAt = new WeakMap<Database, { seq: number; hashes: string }>()
const heard = new WeakSet<Database>()

export const openCommentIds = 'SELECT media_id FROM comment WHERE resolved = 0 AND reply_to IS NULL'
export const unreadableIds = 'SELECT media_id FROM media_file WHERE problem IS NOT NULL'
/** Must equal the index expression literally. */
export const folderOf = (m: string) => `rtrim(${m}path, replace(${m}path, '/', ''))`
/** In folders with more images than this, scanning all images by id finds a page sooner. */
const manyInFolder = 20_000

function inFolder({ rootId, path }: NonNullable<MediaFilter['folder']>): Condition {
  const place = path === '' ? '' : ` AND ${folderOf('m.')} >= ? AND ${folderOf('m.')} < ?`
  return { sql: `m.root_id = ?${place}`, params: [rootId, ...(path === '' ? [] : [`${path}/`, `${path}0`])] } // '0' follows '/'
}

function folderCondition(db: Database, folder: NonNullable<MediaFilter['folder']>): Condition {
  const { sql: inIndex, params } = inFolder(folder)
  const few =
    Number(db.value(`SELECT count(*) FROM (SELECT 1 FROM media m WHERE ${inIndex} LIMIT ${manyInFolder})`, ...params)) < manyInFolder
  return { sql: few ? inIndex : `+${inIndex}`, params }
}

/** The conditions on an annotation `a`, except its label. */
export function annotationConditions({ author, score, state }: MediaFilter): Condition[] {
  const conditions: Condition[] = []
  const add = (sql: string, ...params: Value[]) => conditions.push({ sql, params })
  if (author?.name !== undefined) add('a.author = ?', `${author.kind}:${author.name}`)
  else if (author) add('a.author >= ? AND a.author < ?', `${author.kind}:`, `${author.kind};`) // ';' follows ':'
  if (score?.min !== undefined) add('a.score >= ?', score.min)
  if (score?.max !== undefined) add('a.score <= ?', score.max)
  if (state) add('a.state = ?', state)
  return conditions
}

/** The same as a condition on an image `m`. */
function annotationExists(filter: MediaFilter): Condition {
  const { labelIds } = filter
  const label = labelIds ? [{ sql: `a.label_id IN (${labelIds.map(() => '?').join(', ')})`, params: labelIds }] : []
  const conditions = [...label, ...annotationConditions(filter)]
  if (conditions.length === 0) return all([])
  const { sql, params } = all(conditions)
  const exists = (table: string) => `EXISTS (SELECT 1 FROM ${table} a WHERE a.media_id = m.id AND ${sql})`
  return { sql: `(${exists('region')} OR ${exists('media_label')})`, params: [...params, ...params] }
}

/** With more regions than this in a score range, scanning in image order finds a page sooner. */
const manyScored = 20_000

/** Regions or image labels that meet all conditions at once; one arm per label, so that each is in image order. */
function annotationArms(db: Database, filter: MediaFilter): (Condition & { from: string })[] {
  const { labelIds, author, score, state } = filter
  const conditions = annotationConditions(filter)
  if (labelIds)
    return labelIds.flatMap((id) => {
      const condition = all([{ sql: 'a.label_id = ?', params: [id] }, ...conditions])
      return [
        { ...condition, from: 'region a INDEXED BY region_label' },
        { ...condition, from: 'media_label a INDEXED BY media_label_label' },
      ]
    })
  if (conditions.length === 0) return []
  const condition = all(conditions)
  const scored = () => {
    const few = all(annotationConditions({ score }))
    return (
      Number(
        db.value(
          `SELECT count(*) FROM (SELECT 1 FROM region a INDEXED BY region_score WHERE ${few.sql} LIMIT ${manyScored})`,
          ...few.params,
        ),
      ) < manyScored
    )
  }
  const region =
    author?.name !== undefined
      ? 'region_author'
      : (score?.min !== undefined || score?.max !== undefined) && scored()
        ? 'region_score'
        : state && state !== 'accepted'
          ? 'region_open'
          : 'region_media'
  const mediaLabel = author?.name !== undefined ? 'media_label_author' : 'media_label_media'
  return [
    // SQLite uses a partial index only if the query repeats its condition literally.
    {
      ...condition,
      sql: region === 'region_open' ? `a.state <> 'accepted' AND ${condition.sql}` : condition.sql,
      from: `region a INDEXED BY ${region}`,
    },
    { ...condition, from: `media_label a INDEXED BY ${mediaLabel}` },
  ]
}

const like = (text: string) => `%${text.replace(/[\\%_]/g, '\\$&')}%`
