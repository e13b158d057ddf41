/** What a project holds, for planning a training. */
import type { Database } from './database.ts'

export interface CuratedFacts {
  readonly images: number
  /** Images with exactly one accepted label, and with several. */
  readonly single: number
  readonly several: number
  /** Of those, images in a split. */
  readonly divided: number
  /** Images with accepted, labelled regions; and with such that are more than a box. */
  readonly boxed: number
  readonly masked: number
  /** Images with a caption. */
  readonly captioned: number
  /** Splits in use, with their images. */
  readonly splits: Readonly<Record<string, number>>
}

export function curatedFacts(db: Database): CuratedFacts {
  const count = (sql: string) => Number(db.value(sql) ?? 0)
  const labels = `SELECT media_id, count(DISTINCT label_id) AS n FROM media_label WHERE state = 'accepted' GROUP BY media_id`
  const region = `region r WHERE r.state = 'accepted' AND r.label_id IS NOT NULL`
  const splits = db.all<{ split: string; n: number }>('SELECT split, count(*) AS n FROM media WHERE split IS NOT NULL GROUP BY split')
  return {
    images: count('SELECT count(*) FROM media'),
    single: count(`SELECT count(*) FROM (${labels}) WHERE n = 1`),
    several: count(`SELECT count(*) FROM (${labels}) WHERE n > 1`),
    divided: count(
      `SELECT count(DISTINCT l.media_id) FROM media_label l JOIN media m ON m.id = l.media_id
       WHERE l.state = 'accepted' AND m.split IS NOT NULL`,
    ),
    boxed: count(`SELECT count(DISTINCT r.media_id) FROM ${region}`),
    masked: count(`SELECT count(DISTINCT r.media_id) FROM ${region} AND json_extract(r.shape, '$.kind') IN ('polygon', 'mask', 'ellipse')`),
    captioned: count('SELECT count(DISTINCT media_id) FROM caption'),
    splits: Object.fromEntries(splits.map((s) => [s.split, s.n])),
  }
}
