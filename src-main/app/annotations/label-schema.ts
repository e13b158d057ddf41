/** Export and import of the label set as a JSON file; labels are matched by name. */
import type { AttributeDefinition } from '#shared/model/attribute.ts'
import { dataError, errorLine } from '#shared/errors.ts'
import { sameData } from '#shared/model/conflict.ts'
import { nextColour, type Label } from '#shared/model/label.ts'
import {
  labelSchemaFile,
  type LabelSchemaFile,
  type SchemaImportMode,
  type SchemaImportReport,
  type SchemaLabel,
} from '#shared/model/label-schema.ts'
import { issueSentence } from '#shared/sentences/issue.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Edit } from '../../db/edit.ts'
import { labelRow } from '../../db/entities.ts'
import { mutate } from '../../db/journal.ts'
import { labelColours } from '../../db/labels.ts'
import { listLabels } from '../projects/media.ts'
import type { Project } from '../projects/project.ts'
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

/**
 * Parses a file's text; a plain list of names, or of objects with names, is accepted too. Errors name the file and
 * the field.
 */
export function readLabelSchema(text: string, file: string): LabelSchemaFile {
  let json: unknown
  try {
    json = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (e) {
    throw dataError(file, sentence('not-json', { reason: errorLine(e) }))
  }
  const listed = Array.isArray(json)
    ? { format: 'dashi-labels', version: 1, labels: json.map((l: unknown) => (typeof l === 'string' ? { name: l } : l)) }
    : json
  const parsed = labelSchemaFile.safeParse(listed)
  if (parsed.success) return parsed.data
  throw dataError(file, issueSentence(parsed.error))
}

/** The effect of an import, without performing it. */
export const previewLabelSchema = (project: Project, schema: LabelSchemaFile, mode: SchemaImportMode): SchemaImportReport =>
  plan(project, schema, mode).report

/** Imports as one edit. Labels that the file does not mention are unchanged. */
export function importLabelSchema(project: Project, schema: LabelSchemaFile, mode: SchemaImportMode): SchemaImportReport {
  return mutate(project.db, project.user, 'import labels', (edit) => applyLabelSchema(project, edit, schema, mode))
}

/** Like `importLabelSchema`, as part of a larger edit. */
export function applyLabelSchema(project: Project, edit: Edit, schema: LabelSchemaFile, mode: SchemaImportMode): SchemaImportReport {
  const { changes, fresh, report } = plan(project, schema, mode)
  const ids = new Map(listLabels(project).map((l) => [l.name, l.id]))
  const used = labelColours(project.db)
  const coloured = (colour: string) => (used.push(colour), colour)
  for (const l of fresh)
    ids.set(
      l.name,
      edit.insert(
        'label',
        labelRow({ ...fieldsOf(l), name: l.name, colour: coloured(l.colour ?? nextColour(used)), key: l.key, parentId: null }),
      ),
    )
  for (const { id, old, patch } of changes) {
    edit.update('label', id, labelRow(patch))
    if (old.skeleton && patch.skeleton) followSkeleton(edit, id, old.skeleton, patch.skeleton)
  }
  // Parents last, once every label exists.
  for (const { name, parent } of [...fresh, ...changes])
    if (parent !== undefined) edit.update('label', ids.get(name)!, { parent_id: parent === null ? null : ids.get(parent)! })
  return report
}

interface Change {
  id: number
  name: string
  old: Label
  patch: Partial<Label>
  /** undefined: unchanged. */
  parent?: string | null
}
type Fresh = SchemaLabel & { key: string | null }

const fieldsOf = ({ synonyms, prompts, attributes, skeleton }: SchemaLabel) => ({
  synonyms,
  prompts,
  attributes,
  ...(skeleton === undefined ? {} : { skeleton }),
})
const union = (a: readonly string[], b: readonly string[]) => [...new Set([...a, ...b])]

/** Plans all changes without making them, so that a preview is exact. */
function plan(project: Project, { labels }: LabelSchemaFile, mode: SchemaImportMode) {
  const known = listLabels(project)
  const byName = new Map(known.map((l) => [l.name, l]))
  const report: SchemaImportReport = { added: [], changed: [], unchanged: 0, kept: [] }
  const keys = new Keys(known, mode === 'replace' ? labels.filter((l) => l.key !== undefined) : [], report.kept)
  const tree = new Tree(known, labels, report.kept)
  const fresh: Fresh[] = []
  const changes: Change[] = []
  for (const l of labels) {
    const old = byName.get(l.name)
    if (!old) {
      report.added.push(l.name)
      fresh.push({ ...l, key: keys.claimed(l.name, l.key ?? null), parent: tree.moved(l) ? l.parent : null })
      continue
    }
    const wanted = mode === 'replace' ? replaced(old, l, keys) : merged(old, l, keys, report.kept)
    const patch = Object.fromEntries(
      Object.entries(wanted).filter(([field, value]) => !sameData(value, old[field as keyof Label])),
    ) as Partial<Label>
    const moves = mode === 'replace' || tree.above(l.name) === null ? tree.moved(l) : tree.stays(l)
    const fields = [...Object.keys(patch), ...(moves ? ['parent'] : [])]
    if (fields.length === 0) report.unchanged++
    else {
      report.changed.push({ name: l.name, fields })
      changes.push({ id: old.id, name: l.name, old, patch, ...(moves && { parent: l.parent }) })
    }
  }
  return { report, fresh, changes }
}

/** A key belongs to one label: the first one to have it keeps it. */
class Keys {
  private readonly owners: Map<string, string>

  /** @param leaving labels of the file whose current keys are released */
  constructor(
    known: readonly Label[],
    leaving: readonly SchemaLabel[],
    private readonly kept: string[],
  ) {
    const left = new Set(leaving.map((l) => l.name))
    this.owners = new Map(known.flatMap((l) => (l.key === null || left.has(l.name) ? [] : [[l.key, l.name]])))
  }

  claimed(name: string, key: string | null): string | null {
    if (key === null) return null
    const owner = this.owners.get(key)
    if (owner !== undefined && owner !== name) {
      this.kept.push(`${name}: the key ${key} is that of ${owner}, which keeps it`)
      return null
    }
    this.owners.set(key, name)
    return key
  }
}

/** The label hierarchy while labels are moved. */
class Tree {
  private readonly parents: Map<string, string | null>

  constructor(
    known: readonly Label[],
    labels: readonly SchemaLabel[],
    private readonly kept: string[],
  ) {
    const names = new Map(known.map((l) => [l.id, l.name]))
    this.parents = new Map([
      ...labels.map((l): [string, null] => [l.name, null]),
      ...known.map((l): [string, string | null] => [l.name, l.parentId === null ? null : (names.get(l.parentId) ?? null)]),
    ])
  }

  above = (name: string): string | null => this.parents.get(name) ?? null

  /** Moves a label to the parent given by the file; false if unchanged or impossible. */
  moved({ name, parent }: SchemaLabel): boolean {
    if (parent === this.above(name)) return false
    if (parent !== null && !this.parents.has(parent)) {
      this.kept.push(`${name}: its parent ${JSON.stringify(parent)} is neither in the file nor in the project`)
      return false
    }
    const seen = new Set<string>()
    for (let at = parent; at !== null && !seen.has(at); at = this.above(at)) {
      if (at === name) {
        this.kept.push(`${name}: would lie below itself under ${parent}, so it stays where it is`)
        return false
      }
      seen.add(at)
    }
    this.parents.set(name, parent)
    return true
  }

  stays({ name, parent }: SchemaLabel): false {
    if (parent !== null && parent !== this.above(name))
      this.kept.push(`${name}: stays below ${this.above(name)}, not below ${parent} as in the file`)
    return false
  }
}

const replaced = (old: Label, l: SchemaLabel, keys: Keys): Partial<Label> => ({
  ...fieldsOf(l),
  colour: l.colour ?? old.colour,
  key: l.key === undefined ? old.key : keys.claimed(l.name, l.key),
})

function merged(old: Label, l: SchemaLabel, keys: Keys, kept: string[]): Partial<Label> {
  if (l.colour !== undefined && l.colour !== old.colour) kept.push(`${l.name}: its colour stays ${old.colour}, not ${l.colour} of the file`)
  if (old.key !== null && l.key != null && l.key !== old.key) kept.push(`${l.name}: its key stays ${old.key}, not ${l.key} of the file`)
  return {
    synonyms: union(old.synonyms, l.synonyms),
    prompts: union(old.prompts, l.prompts),
    key: old.key ?? keys.claimed(l.name, l.key ?? null),
    attributes: mergedAttributes(old, l, kept),
    skeleton: mergedSkeleton(old, l, kept),
  }
}

/** Adds new attributes and new choice options; an attribute of a different type is kept as in the project. */
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

/** Keeps the project's skeleton, since the file's layout and edges would not fit its points. */
function mergedSkeleton(old: Label, l: SchemaLabel, kept: string[]): Label['skeleton'] {
  if (!old.skeleton || !l.skeleton || sameData(old.skeleton, l.skeleton)) return old.skeleton ?? l.skeleton ?? null
  const added = l.skeleton.points.filter((p) => !old.skeleton!.points.includes(p))
  if (added.length) kept.push(`${l.name}: its skeleton stays as the project has it, without ${added.join(', ')}`)
  return old.skeleton
}
