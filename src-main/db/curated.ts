/** Queries of the dataset for curation. */
import type { Database, Row } from './database.ts'

export interface HashedRow {
  id: number
  root: number
  path: string
  hash: string
  perceptual: string
  annotated: number
  pixels: number | null
}

/** Images with both hashes, by id. */
export const hashedRows = (db: Database): HashedRow[] =>
  db.all(
    `SELECT id, root_id AS root, path, content_hash AS hash, perceptual_hash AS perceptual, annotated, width * height AS pixels FROM media
     WHERE content_hash IS NOT NULL AND perceptual_hash IS NOT NULL ORDER BY id`,
  )

export const countHashed = (db: Database): number =>
  Number(db.value('SELECT count(*) FROM media WHERE content_hash IS NOT NULL AND perceptual_hash IS NOT NULL'))

const unhashed = '(content_hash IS NULL OR perceptual_hash IS NULL)'

export const countUnhashed = (db: Database): number => Number(db.value(`SELECT count(*) FROM media WHERE ${unhashed}`))

/** The next images without a hash, by id. */
export const unhashedAfter = (db: Database, after: number, most: number): { id: number; root: number; path: string }[] =>
  db.all(`SELECT id, root_id AS root, path FROM media WHERE ${unhashed} AND id > ? ORDER BY id LIMIT ?`, after, most)

/** The near-duplicate group of each image that is in one. */
export const duplicateGroups = (db: Database): { id: number; of: number }[] =>
  db.all('SELECT id, duplicate_group AS "of" FROM media WHERE duplicate_group IS NOT NULL')

export interface DividedRow {
  readonly id: number
  readonly path: string
  readonly root: number
  readonly split: string | null
  readonly hash: string | null
  readonly duplicates: number | null
}

/** All images with the properties that splitting depends on, by id. */
export const dividedRows = (db: Database): DividedRow[] =>
  db.all('SELECT id, path, root_id AS root, split, content_hash AS hash, duplicate_group AS duplicates FROM media ORDER BY id')

/** The splits in use; null (no split) last. */
export const splitNames = (db: Database): (string | null)[] =>
  db.all<{ split: string | null }>('SELECT DISTINCT split FROM media ORDER BY split IS NULL, split').map((s) => s.split)

/** The split of each image with an accepted annotation. */
export const splitsOfAnnotated = (db: Database): Map<number, string | null> =>
  new Map(db.all<{ id: number; split: string | null }>('SELECT id, split FROM media WHERE annotated = 1').map((m) => [m.id, m.split]))

const acceptedLabels = `SELECT media_id AS image, label_id AS label FROM media_label WHERE state = 'accepted'
  UNION SELECT media_id, label_id FROM region WHERE state = 'accepted' AND label_id IS NOT NULL`

/** Accepted labels of each image and of its regions, without repetition: image id → label ids. */
export function labelsByImage(db: Database): Map<number, number[]> {
  const labels = new Map<number, number[]>()
  for (const { image, label } of db.iterate<{ image: number; label: number }>(acceptedLabels)) {
    const own = labels.get(image)
    if (own) own.push(label)
    else labels.set(image, [label])
  }
  return labels
}

/** Number of accepted regions per label, for labels that have any: label id → count. */
export const regionsByLabel = (db: Database): Map<number, number> =>
  new Map(
    db
      .all<{ label: number; n: number }>(
        `SELECT label_id AS label, count(*) AS n FROM region WHERE state = 'accepted' AND label_id IS NOT NULL GROUP BY label_id`,
      )
      .map((r) => [r.label, r.n]),
  )

/** A caption as needed by its checks. */
export interface CaptionText {
  readonly id: number
  readonly image: number
  readonly region: number | null
  readonly text: string
  readonly language: string | null
}

const captionTexts = 'SELECT id, media_id AS image, region_id AS region, text, language FROM caption'

export const countCaptions = (db: Database): number => Number(db.value('SELECT count(*) FROM caption'))
/** Captions in no particular order. */
export const anyCaptions = (db: Database): Generator<CaptionText> => db.iterate(captionTexts)
export const captionsByImage = (db: Database): Generator<CaptionText> => db.iterate(`${captionTexts} ORDER BY media_id, id`)

/** Images without a caption of the whole image, by id. */
export const uncaptioned = (db: Database): number[] =>
  db
    .all<{ id: number }>(
      'SELECT id FROM media WHERE NOT EXISTS (SELECT 1 FROM caption c WHERE c.media_id = media.id AND c.region_id IS NULL) ORDER BY id',
    )
    .map((r) => r.id)

const imageLabelCount = `SELECT count(*), max(id), total(media_id * 31 + label_id) FROM media_label WHERE state = 'accepted'`
const summaries = {
  images: 'SELECT count(*), max(id), total(id), count(content_hash) FROM media',
  labels: `${imageLabelCount}
    UNION ALL SELECT count(*), max(id), total(media_id * 31 + label_id) FROM region WHERE state = 'accepted' AND label_id IS NOT NULL`,
  imageLabels: imageLabelCount,
  splits: 'SELECT split, count(*), total(id), max(id) FROM media GROUP BY split ORDER BY split',
  groups: 'SELECT count(*), total(id * 31 + duplicate_group) FROM media WHERE duplicate_group IS NOT NULL',
  captions: 'SELECT count(*), max(id), total(length(text)), total(id), count(language) FROM caption',
} as const
/** A part of the dataset from which a result is derived. */
export type Source = keyof typeof summaries

/** Counts and sums that change whenever the given part of the dataset changes; cheap, but not a proof. */
export const summaryOf = (db: Database, source: Source): Row[] => db.all(summaries[source])
