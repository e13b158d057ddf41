/**
 * Regions that lack an attribute required by their label. Requirements may change at any time, so this is queried and
 * never stored.
 */
import { attributesOf } from '#shared/model/attribute.ts'
import type { StoredRow } from '#shared/model/journal.ts'
import type { Condition } from './condition.ts'
import type { Database } from './database.ts'
import { toLabel } from './entities.ts'

/** Per label: its name, and the attributes its regions must have, including those required by parent labels. */
export function requiredByLabel(db: Database): Map<number, { name: string; required: string[] }> {
  if (!db.value(`SELECT 1 FROM label WHERE attributes LIKE '%"required":true%' LIMIT 1`)) return new Map()
  const labels = new Map(db.all<StoredRow>('SELECT * FROM label').map((row) => [Number(row['id']), toLabel(row)]))
  const all = [...labels.values()].map(({ id, name }): [number, { name: string; required: string[] }] => [
    id,
    {
      name,
      required: attributesOf(id, labels)
        .filter((a) => a.required)
        .map((a) => a.name),
    },
  ])
  return new Map(all.filter(([, { required }]) => required.length))
}

const lacking = `a.state = 'accepted' AND EXISTS (
  SELECT 1 FROM json_each(?) need WHERE NOT EXISTS (SELECT 1 FROM json_each(a.attributes) has WHERE has.key = need.value))`

/** A condition selecting the ids of images with such a region. */
export function incompleteIds(db: Database): Condition {
  const arms = [...requiredByLabel(db)]
  return {
    sql:
      arms.map(() => `SELECT a.media_id FROM region a INDEXED BY region_label WHERE a.label_id = ? AND ${lacking}`).join(' UNION ') ||
      'SELECT 0 WHERE 0',
    params: arms.flatMap(([id, { required }]) => [id, JSON.stringify(required)]),
  }
}

export interface IncompleteRegion {
  id: number
  path: string
  label: string
  missing: string[]
}

/** Up to `most` such regions by image, with the missing attributes, and their total number. */
export function incompleteRegions(db: Database, most: number): { regions: IncompleteRegion[]; count: number } {
  const found: IncompleteRegion[] = []
  let count = 0
  for (const [labelId, { name, required }] of requiredByLabel(db))
    for (const row of db.iterate<{ id: number; path: string; attributes: string }>(
      `SELECT a.id, m.path, a.attributes FROM region a INDEXED BY region_label JOIN media m ON m.id = a.media_id
        WHERE a.label_id = ? AND ${lacking} ORDER BY a.media_id, a.id`,
      labelId,
      JSON.stringify(required),
    )) {
      count++
      if (found.length >= most) continue
      const given = JSON.parse(row.attributes) as Record<string, unknown>
      found.push({ id: row.id, path: row.path, label: name, missing: required.filter((n) => !Object.hasOwn(given, n)) })
    }
  return { regions: found, count }
}

/** The images among these that have such a region. */
export function incompleteAmong(db: Database, mediaIds: readonly number[]): Set<number> {
  const labels = requiredByLabel(db)
  if (labels.size === 0) return new Set()
  const rows = db.all<{ mediaId: number; labelId: number; attributes: string }>(
    `SELECT a.media_id AS mediaId, a.label_id AS labelId, a.attributes FROM json_each(?) w CROSS JOIN region a ON a.media_id = w.value
      WHERE a.state = 'accepted' AND a.label_id IN (SELECT value FROM json_each(?))`,
    JSON.stringify(mediaIds),
    JSON.stringify([...labels.keys()]),
  )
  const lacks = ({ labelId, attributes }: { labelId: number; attributes: string }) => {
    const given = JSON.parse(attributes) as object
    return labels.get(labelId)!.required.some((name) => !Object.hasOwn(given, name))
  }
  return new Set(rows.filter(lacks).map((r) => r.mediaId))
}
