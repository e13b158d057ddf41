/** Queries of the label set. */
import type { StoredRow } from '#shared/model/journal.ts'
import type { Label } from '#shared/model/label.ts'
import type { Database } from './database.ts'
import { toLabel } from './entities.ts'

/** Labels in order of creation. */
export const labels = (db: Database): Label[] => db.all<StoredRow>('SELECT * FROM label ORDER BY id').map(toLabel)

export const countLabels = (db: Database): number => Number(db.value('SELECT count(*) FROM label'))

/** Label names by id, in id order. */
export const labelNames = (db: Database): Map<number, string> =>
  new Map(db.all<{ id: number; name: string }>('SELECT id, name FROM label ORDER BY id').map((l) => [l.id, l.name]))

export const labelColours = (db: Database): string[] => db.all<{ colour: string }>('SELECT colour FROM label').map((r) => r.colour)

export const labelNamed = (db: Database, name: string): number | undefined => db.value<number>('SELECT id FROM label WHERE name = ?', name)

export const labelName = (db: Database, id: number): string | undefined => db.value<string>('SELECT name FROM label WHERE id = ?', id)

export const labelsBelow = (db: Database, id: number): number[] =>
  db.all<{ id: number }>('SELECT id FROM label WHERE parent_id = ?', id).map((r) => r.id)

/** Labels with their prompts as JSON, in order of creation. */
export const labelPrompts = (db: Database): { id: number; name: string; prompts: string }[] =>
  db.all('SELECT id, name, prompts FROM label ORDER BY id')

/** Total number of annotations of a kind with any of the labels. */
export const countOfLabels = (db: Database, table: 'region' | 'media_label', labelIds: readonly number[]): number =>
  Number(db.value(`SELECT count(*) FROM ${table} WHERE label_id IN (SELECT value FROM json_each(?))`, JSON.stringify(labelIds)))

/** Number of images with any of the labels, on a region or on the whole image. */
export const countImagesOfLabels = (db: Database, labelIds: readonly number[]): number =>
  Number(
    db.value(
      `SELECT count(*) FROM (SELECT media_id FROM region WHERE label_id IN (SELECT value FROM json_each(?1))
         UNION SELECT media_id FROM media_label WHERE label_id IN (SELECT value FROM json_each(?1)))`,
      JSON.stringify(labelIds),
    ),
  )

export const idsOfLabel = (db: Database, table: 'region' | 'media_label', labelId: number): number[] =>
  db.all<{ id: number }>(`SELECT id FROM ${table} WHERE label_id = ?`, labelId).map((r) => r.id)

/** The images of these annotations, without repetition. */
export const imagesOfAnnotations = (db: Database, table: 'region' | 'media_label', ids: readonly number[]): number[] =>
  db
    .all<{ id: number }>(`SELECT DISTINCT media_id AS id FROM ${table} WHERE id IN (SELECT value FROM json_each(?))`, JSON.stringify(ids))
    .map((r) => r.id)
