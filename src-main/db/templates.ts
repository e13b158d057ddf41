/** Sets of regions that are placed with one key. They are tools, not data: neither journalled nor hashed. */
import { template, type Template } from '#shared/model/aid.ts'
import type { StoredRow } from '#shared/model/journal.ts'
import { parseStored } from '#shared/model/text.ts'
import type { Database } from './database.ts'
import { decode } from './entities.ts'

const toTemplate = (r: StoredRow): Template => decode(template, 'template', r, () => ({ ...r, regions: parseStored(String(r['regions'])) }))

/** Sorted by name. */
export const templates = (db: Database): Template[] =>
  db.all<StoredRow>('SELECT id, name, width, height, regions FROM template ORDER BY name').map(toTemplate)

/** Replaces a template of the same name. @returns its id */
export function putTemplate(db: Database, { name, width, height, regions }: Omit<Template, 'id'>): number {
  db.run(
    `INSERT INTO template (name, width, height, regions) VALUES (?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET width = excluded.width, height = excluded.height, regions = excluded.regions`,
    name,
    width,
    height,
    JSON.stringify(regions),
  )
  return templateNamed(db, name)!
}

export const templateNamed = (db: Database, name: string): number | undefined =>
  db.value<number>('SELECT id FROM template WHERE name = ?', name)

/** False if there is none with this id. */
export const renameTemplate = (db: Database, id: number, name: string): boolean =>
  db.run('UPDATE template SET name = ? WHERE id = ?', name, id).changes === 1

export const removeTemplate = (db: Database, id: number): void => void db.run('DELETE FROM template WHERE id = ?', id)
