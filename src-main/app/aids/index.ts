/** What helps to draw and is no part of the data: it is in no journal and in no hash. */
import { dataError, userError } from '#shared/errors.ts'
import { scale, template, type Scale, type Template } from '#shared/model/aid.ts'
import type { StoredRow } from '#shared/model/journal.ts'
import { decode } from '../../db/entities.ts'
import { parseStored } from '#shared/model/text.ts'
import { valid } from '../annotations/validate.ts'
import { listLabels } from '../projects/index.ts'
import type { Project } from '../projects/project.ts'

/** Null where none was given. */
export function scaleOf({ db }: Project): Scale | null {
  const stored = db.value<string>(`SELECT value FROM meta WHERE key = 'scale'`)
  if (stored === undefined) return null
  const parsed = scale.safeParse(parseStored(stored))
  if (!parsed.success) throw dataError('project.db', `the scale is damaged: ${parsed.error.issues[0]!.message}`)
  return parsed.data
}

export function setScale({ db }: Project, given: Scale | null): void {
  if (given === null) db.run(`DELETE FROM meta WHERE key = 'scale'`)
  else db.run(`INSERT OR REPLACE INTO meta (key, value) VALUES ('scale', ?)`, JSON.stringify(valid(scale, 'scale', given)))
}

const toTemplate = (r: StoredRow): Template => decode(template, 'template', r, () => ({ ...r, regions: parseStored(String(r['regions'])) }))

/** By name. Regions of a label that is gone have none. */
export function listTemplates(project: Project): Template[] {
  const labels = new Set(listLabels(project).map((l) => l.id))
  return project.db
    .all<StoredRow>('SELECT id, name, width, height, regions FROM template ORDER BY name')
    .map(toTemplate)
    .map((t) => ({
      ...t,
      regions: t.regions.map((r) => (r.labelId === null || labels.has(r.labelId) ? r : { ...r, labelId: null })),
    }))
}

/** One of the same name is replaced. */
export function saveTemplate({ db }: Project, given: Omit<Template, 'id'>): Template {
  const { name, width, height, regions } = valid(template.omit({ id: true }), 'template', given)
  db.run(
    `INSERT INTO template (name, width, height, regions) VALUES (?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET width = excluded.width, height = excluded.height, regions = excluded.regions`,
    name,
    width,
    height,
    JSON.stringify(regions),
  )
  return { id: Number(db.value('SELECT id FROM template WHERE name = ?', name)), name, width, height, regions }
}

export function renameTemplate({ db }: Project, id: number, name: string): void {
  const wanted = valid(template.shape.name, 'template', name)
  const there = db.value<number>('SELECT id FROM template WHERE name = ?', wanted)
  if (there !== undefined && there !== id) throw userError(`a template is called ${JSON.stringify(wanted)} already`)
  if (db.value('SELECT 1 FROM template WHERE id = ?', id) === undefined) throw userError(`no template has the id ${id}`)
  db.run('UPDATE template SET name = ? WHERE id = ?', wanted, id)
}

export const removeTemplate = ({ db }: Project, id: number): void => void db.run('DELETE FROM template WHERE id = ?', id)
