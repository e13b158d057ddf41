/** The label set as a file of JSON: written, and taken in by name. */
import type { AttributeDefinition } from '#shared/model/attribute.ts'
import { dataError } from '#shared/errors.ts'
import { sameData } from '#shared/model/conflict.ts'
import { nextColour, type Label } from '#shared/model/label.ts'
import {
  labelSchemaFile,
  type LabelSchemaFile,
  type SchemaImportMode,
  type SchemaImportReport,
  type SchemaLabel,
} from '#shared/model/label-schema.ts'
import type { Edit } from '../../db/edit.ts'
import { labelRow } from '../../db/entities.ts'
import { mutate } from '../../db/journal.ts'
import { listLabels } from '../projects/media.ts'
import type { Project } from '../projects/project.ts'
import { coloursIn, isBelow } from './labels.ts'
import { followSkeleton } from './skeletons.ts'

export function labelSchema(project: Project): LabelSchemaFile {
  const labels = listLabels(project)
  const names = new Map(labels.map((l) => [l.id, l.name]))
  return {
    format: 'dashi-labels',
    version: 1,
    labels: labels.map(({ name, colour, key, synonyms, prompts, parentId, attributes, skeleton }) => ({
      name,
      colour,
      key,
      synonyms,
      prompts,
      parent: parentId === null ? null : (names.get(parentId) ?? null),
      attributes,
      ...(skeleton ? { skeleton } : {}),
    })),
  }
}

/** Of a file's text; a list of names, or of objects with names, is a label set too. Throws with the file's name and the field. */
export function readLabelSchema(text: string, file: string): LabelSchemaFile {
  let json: unknown
  try {
    json = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (e) {
    throw dataError(file, `is no JSON (${e instanceof Error ? e.message : String(e)})`)
  }
  const listed = Array.isArray(json)
    ? { format: 'dashi-labels', version: 1, labels: json.map((l: unknown) => (typeof l === 'string' ? { name: l } : l)) }
    : json
  const parsed = labelSchemaFile.safeParse(listed)
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]!
  throw dataError(file, `${path.length ? `${path.join('.')}: ` : ''}${message}`)
}

/** What taking it in would do. */
export const previewLabelSchema = (project: Project, schema: LabelSchemaFile, mode: SchemaImportMode): SchemaImportReport =>
  plan(project, schema, mode).report

/** Takes it in as one edit. Labels that the file does not name stay as they are. */
export function importLabelSchema(project: Project, schema: LabelSchemaFile, mode: SchemaImportMode): SchemaImportReport {
  return mutate(project.db, project.user, 'import labels', (edit) => applyLabelSchema(project, edit, schema, mode))
}

/** As part of an edit that does more. */
export function applyLabelSchema(project: Project, edit: Edit, schema: LabelSchemaFile, mode: SchemaImportMode): SchemaImportReport {
  const { changes, fresh, report } = plan(project, schema, mode)
  const ids = new Map(listLabels(project).map((l) => [l.name, l.id]))
  const used = coloursIn(project.db)
  const coloured = (colour: string) => (used.push(colour), colour)
  // A key means one label: that of the project keeps it.
  const taken = new Set(listLabels(project).map((l) => l.key))
  const free = (key: string | null | undefined) => (key == null || taken.has(key) ? null : (taken.add(key), key))
  for (const l of fresh)
    ids.set(
      l.name,
      edit.insert(
        'label',
        labelRow({ ...fieldsOf(l), name: l.name, colour: coloured(l.colour ?? nextColour(used)), key: free(l.key), parentId: null }),
      ),
    )
  for (const { id, old, patch } of changes) {
    edit.update('label', id, labelRow(patch))
    if (old.skeleton && patch.skeleton) followSkeleton(edit, id, old.skeleton, patch.skeleton)
  }
  // Parents last: then every label is there.
  for (const { name, parent } of [
    ...fresh,
    ...changes.flatMap((c) => (c.parent === undefined ? [] : [{ name: c.name, parent: c.parent }])),
  ]) {
    const [id, above] = [ids.get(name)!, parent === null ? null : ids.get(parent)]
    if (above === undefined) continue
    if (above !== null && (above === id || isBelow(edit, above, id)))
      report.kept.push(`${name}: would lie below itself under ${parent}, so it stays where it is`)
    else edit.update('label', id, { parent_id: above })
  }
  return report
}

interface Change {
  id: number
  name: string
  old: Label
  patch: Partial<Label>
  /** undefined: stays where it is. */
  parent?: string | null
}

const fieldsOf = ({ synonyms, prompts, attributes, skeleton }: SchemaLabel) => ({
  synonyms,
  prompts,
  attributes,
  ...(skeleton === undefined ? {} : { skeleton }),
})
const union = (a: readonly string[], b: readonly string[]) => [...new Set([...a, ...b])]

function plan(project: Project, { labels }: LabelSchemaFile, mode: SchemaImportMode) {
  const known = listLabels(project)
  const byName = new Map(known.map((l) => [l.name, l]))
  const names = new Map(known.map((l) => [l.id, l.name]))
  const there = new Set([...byName.keys(), ...labels.map((l) => l.name)])
  const report: SchemaImportReport = { added: [], changed: [], unchanged: 0, kept: [] }
  const fresh: SchemaLabel[] = []
  const changes: Change[] = []
  for (const l of labels) {
    if (l.parent !== null && !there.has(l.parent))
      report.kept.push(`${l.name}: its parent ${JSON.stringify(l.parent)} is neither in the file nor in the project`)
    const old = byName.get(l.name)
    if (!old) {
      report.added.push(l.name)
      fresh.push(l)
      continue
    }
    const wanted = mode === 'replace' ? replaced(old, l) : merged(old, l, report.kept)
    const patch = Object.fromEntries(
      Object.entries(wanted).filter(([field, value]) => !sameData(value, old[field as keyof Label])),
    ) as Partial<Label>
    const above = old.parentId === null ? null : (names.get(old.parentId) ?? null)
    const moves =
      l.parent !== above && (mode === 'replace' || (above === null && l.parent !== null)) && (l.parent === null || there.has(l.parent))
    const fields = [...Object.keys(patch), ...(moves ? ['parent'] : [])]
    if (fields.length === 0) report.unchanged++
    else {
      report.changed.push({ name: l.name, fields })
      changes.push({ id: old.id, name: l.name, old, patch, ...(moves && { parent: l.parent }) })
    }
  }
  return { report, fresh, changes }
}

const replaced = (old: Label, l: SchemaLabel): Partial<Label> => ({
  ...fieldsOf(l),
  colour: l.colour ?? old.colour,
  key: l.key === undefined ? old.key : l.key,
})

function merged(old: Label, l: SchemaLabel, kept: string[]): Partial<Label> {
  return {
    synonyms: union(old.synonyms, l.synonyms),
    prompts: union(old.prompts, l.prompts),
    key: old.key ?? l.key ?? null,
    attributes: mergedAttributes(old, l, kept),
    skeleton: mergedSkeleton(old, l, kept),
  }
}

/** New ones are added, and new options of a choice; one of another type stays as the project has it. */
function mergedAttributes(old: Label, l: SchemaLabel, kept: string[]): AttributeDefinition[] {
  const out = old.attributes.map((a): AttributeDefinition => {
    const other = l.attributes.find((b) => b.name === a.name)
    if (!other || sameData(a, other)) return a
    if (other.type !== a.type)
      kept.push(`${l.name}: attribute ${a.name} is ${a.type} in the project and ${other.type} in the file; it stays ${a.type}`)
    return a.type === 'choice' && other.type === 'choice' ? { ...a, options: union(a.options, other.options) } : a
  })
  return [...out, ...l.attributes.filter((b) => !old.attributes.some((a) => a.name === b.name))]
}

/** That of the project stays: its points have places and edges that the file's would not fit. */
function mergedSkeleton(old: Label, l: SchemaLabel, kept: string[]): Label['skeleton'] {
  if (!old.skeleton || !l.skeleton || sameData(old.skeleton, l.skeleton)) return old.skeleton ?? l.skeleton ?? null
  const added = l.skeleton.points.filter((p) => !old.skeleton!.points.includes(p))
  if (added.length) kept.push(`${l.name}: its skeleton stays as the project has it, without ${added.join(', ')}`)
  return old.skeleton
}
