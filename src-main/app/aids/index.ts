/** Drawing aids. They are not part of the data: neither journalled nor hashed. */
import { dataError, userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { scale, template, type Scale, type Template } from '#shared/model/aid.ts'
import { parseStored } from '#shared/model/text.ts'
import { metaValue, removeMeta, setMeta } from '../../db/meta.ts'
import {
  putTemplate,
  removeTemplate as removeStored,
  renameTemplate as renameStored,
  templateNamed,
  templates,
} from '../../db/templates.ts'
import { valid } from '../annotations/validate.ts'
import { listLabels } from '../projects/index.ts'
import type { Project } from '../projects/project.ts'

/** Null if none was set. */
export function scaleOf({ db }: Project): Scale | null {
  const stored = metaValue(db, 'scale')
  if (stored === undefined) return null
  const parsed = scale.safeParse(parseStored(stored))
  if (!parsed.success) throw dataError('project.db', sentence('scale.damaged', { problem: parsed.error.issues[0]!.message }))
  return parsed.data
}

export function setScale({ db }: Project, given: Scale | null): void {
  if (given === null) removeMeta(db, 'scale')
  else setMeta(db, 'scale', JSON.stringify(valid(scale, 'scale', given)))
}

/** Templates by name. Regions whose label no longer exists have none. */
export function listTemplates(project: Project): Template[] {
  const labels = new Set(listLabels(project).map((l) => l.id))
  return templates(project.db).map((t) => ({
    ...t,
    regions: t.regions.map((r) => (r.labelId === null || labels.has(r.labelId) ? r : { ...r, labelId: null })),
  }))
}

/** Replaces a template of the same name. */
export function saveTemplate({ db }: Project, given: Omit<Template, 'id'>): Template {
  const own = valid(template.omit({ id: true }), 'template', given)
  return { id: putTemplate(db, own), ...own }
}

export function renameTemplate({ db }: Project, id: number, name: string): void {
  const wanted = valid(template.shape.name, 'template', name)
  const there = templateNamed(db, wanted)
  if (there !== undefined && there !== id) throw userError(sentence('template.name-taken', { name: JSON.stringify(wanted) }))
  if (!renameStored(db, id, wanted)) throw userError(sentence('template.unknown', { id }))
}

export const removeTemplate = ({ db }: Project, id: number): void => removeStored(db, id)
