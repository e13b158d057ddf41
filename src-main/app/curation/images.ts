/** What curation reads of a project: images with their hashes, labels by image, and whether any of it has changed. */
import { fingerprint } from '../../engine/data/index.ts'
import { placesOf, type Project } from '../projects/index.ts'

export interface HashedImage {
  readonly id: number
  readonly file: string
  /** SHA-256. */
  readonly hash: string
  readonly perceptual: string
  readonly annotated: boolean
  readonly pixels: number
}

/** Images that could be read, by id. */
export function hashedImages(project: Project): HashedImage[] {
  const places = placesOf(project)
  const rows = project.db.all<{
    id: number
    root: number
    path: string
    hash: string
    perceptual: string
    annotated: number
    pixels: number | null
  }>(
    `SELECT id, root_id AS root, path, content_hash AS hash, perceptual_hash AS perceptual, annotated, width * height AS pixels FROM media
     WHERE content_hash IS NOT NULL AND perceptual_hash IS NOT NULL ORDER BY id`,
  )
  return rows
    .filter((r) => places.get(r.root)!.linkOut(r.path) === null)
    .map((r) => ({
      id: r.id,
      file: places.get(r.root)!.file(r.path),
      hash: r.hash,
      perceptual: r.perceptual,
      annotated: r.annotated === 1,
      pixels: r.pixels ?? 0,
    }))
}

export const countImages = ({ db }: Project): number => Number(db.value('SELECT count(*) FROM media'))

const labelled = `SELECT media_id AS image, label_id AS label FROM media_label WHERE state = 'accepted'
  UNION SELECT media_id, label_id FROM region WHERE state = 'accepted' AND label_id IS NOT NULL`

/** Accepted labels of each image and of its regions, each once: image id → label ids. */
export function labelsByImage({ db }: Project): Map<number, number[]> {
  const labels = new Map<number, number[]>()
  for (const { image, label } of db.iterate<{ image: number; label: number }>(labelled)) {
    const own = labels.get(image)
    if (own) own.push(label)
    else labels.set(image, [label])
  }
  return labels
}

export const labelNames = ({ db }: Project): Map<number, string> =>
  new Map(db.all<{ id: number; name: string }>('SELECT id, name FROM label ORDER BY id').map((l) => [l.id, l.name]))

/** What a result is made from; another fingerprint later means that the result is of yesterday. */
const sources = {
  images: 'SELECT count(*), max(id), total(id), count(content_hash) FROM media',
  labels: `SELECT count(*), max(id), total(media_id * 31 + label_id) FROM media_label WHERE state = 'accepted'
    UNION ALL SELECT count(*), max(id), total(media_id * 31 + label_id) FROM region WHERE state = 'accepted' AND label_id IS NOT NULL`,
  imageLabels: `SELECT count(*), max(id), total(media_id * 31 + label_id) FROM media_label WHERE state = 'accepted'`,
  splits: 'SELECT split, count(*), total(id), max(id) FROM media GROUP BY split ORDER BY split',
  groups: 'SELECT count(*), total(id * 31 + duplicate_group) FROM media WHERE duplicate_group IS NOT NULL',
  captions: 'SELECT count(*), max(id), total(length(text)), total(id), count(language) FROM caption',
} as const
export type Source = keyof typeof sources

export const stateOf = ({ db }: Project, of: readonly Source[]): string => fingerprint(of.map((s) => db.all(sources[s]))).slice(0, 16)
