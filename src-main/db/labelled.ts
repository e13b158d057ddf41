/** Labelled images for training and evaluation. */
import type { Database } from './database.ts'

/** An image in a split; one row per accepted label. */
export interface LabelledRow {
  readonly id: number
  readonly root: number
  readonly path: string
  readonly split: string
  readonly content_hash: string | null
  readonly label_id: number
  /** Why its file cannot be decoded, according to the last check. */
  readonly problem: string | null
}

/** Sorted by image and label. */
export const labelledRows = (db: Database): LabelledRow[] =>
  db.all(
    `SELECT m.id, m.root_id AS root, m.path, m.split, m.content_hash, l.label_id, f.problem FROM media m
     LEFT JOIN media_file f ON f.media_id = m.id
     JOIN media_label l ON l.media_id = m.id AND l.state = 'accepted'
     WHERE m.split IS NOT NULL ORDER BY m.id, l.label_id`,
  )

/** Images without an accepted label, in a split or not. */
export const unlabelledRows = (db: Database): (Omit<LabelledRow, 'label_id' | 'split'> & { readonly split: string | null })[] =>
  db.all(
    `SELECT m.id, m.root_id AS root, m.path, m.split, m.content_hash, f.problem FROM media m
     LEFT JOIN media_file f ON f.media_id = m.id
     WHERE NOT EXISTS (SELECT 1 FROM media_label l WHERE l.media_id = m.id AND l.state = 'accepted') ORDER BY m.id`,
  )

/** An accepted region with a label of an image in a split. */
export interface RegionRow extends LabelledRow {
  readonly width: number | null
  readonly height: number | null
  /** JSON. */
  readonly shape: string
}

/** Sorted by image and drawing order. */
export const labelledRegionRows = (db: Database): RegionRow[] =>
  db.all(
    `SELECT m.id, m.root_id AS root, m.path, m.split, m.content_hash, m.width, m.height, r.label_id, r.shape, f.problem FROM media m
     LEFT JOIN media_file f ON f.media_id = m.id
     JOIN region r ON r.media_id = m.id AND r.state = 'accepted' AND r.label_id IS NOT NULL
     WHERE m.split IS NOT NULL ORDER BY m.id, r.z, r.id`,
  )

/** An accepted caption of an image in a split, as a whole. */
export interface CaptionRow extends Omit<LabelledRow, 'label_id'> {
  readonly text: string
  /** JSON. */
  readonly spans: string
}

/** Sorted by image and age. */
export const captionRows = (db: Database): CaptionRow[] =>
  db.all(
    `SELECT m.id, m.root_id AS root, m.path, m.split, m.content_hash, c.text, c.spans, f.problem FROM media m
     LEFT JOIN media_file f ON f.media_id = m.id
     JOIN caption c ON c.media_id = m.id AND c.region_id IS NULL AND c.state = 'accepted' AND trim(c.text) <> ''
     WHERE m.split IS NOT NULL ORDER BY m.id, c.id`,
  )

/** Ids of the images that are in a split and have an accepted caption or an accepted region with a label. */
export const imagesWithCaptions = (db: Database): number[] =>
  db
    .all<{ id: number }>(
      `SELECT m.id FROM media m WHERE m.split IS NOT NULL
         AND (EXISTS (SELECT 1 FROM caption c WHERE c.media_id = m.id AND c.region_id IS NULL AND c.state = 'accepted')
           OR EXISTS (SELECT 1 FROM region r WHERE r.media_id = m.id AND r.state = 'accepted' AND r.label_id IS NOT NULL)) ORDER BY m.id`,
    )
    .map((r) => r.id)

/** Ids of the images that are in a split and have an accepted region with a label. */
export const imagesWithRegions = (db: Database): number[] =>
  db
    .all<{ id: number }>(
      `SELECT m.id FROM media m WHERE m.split IS NOT NULL
         AND EXISTS (SELECT 1 FROM region r WHERE r.media_id = m.id AND r.state = 'accepted' AND r.label_id IS NOT NULL) ORDER BY m.id`,
    )
    .map((r) => r.id)

/** Ids of the images that are in a split and have an accepted label. */
export const labelledImages = (db: Database): number[] =>
  db
    .all<{ id: number }>(
      `SELECT m.id FROM media m WHERE m.split IS NOT NULL
         AND EXISTS (SELECT 1 FROM media_label l WHERE l.media_id = m.id AND l.state = 'accepted') ORDER BY m.id`,
    )
    .map((r) => r.id)
