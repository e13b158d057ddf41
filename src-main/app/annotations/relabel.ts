/** Renames, merges and splits labels project-wide: previewed first, then done as one edit. */
import { userError } from '#shared/errors.ts'
import { ownValue } from '#shared/model/attribute.ts'
import { nextColour } from '#shared/model/label.ts'
import { labelOperation, type LabelOperation, type LabelPreview, type SplitCondition } from '#shared/model/label-schema.ts'
import { attributes } from '#shared/model/region.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Edit } from '../../db/edit.ts'
import type { Database } from '../../db/database.ts'
import { labelRow } from '../../db/entities.ts'
import { imageLabelsOfLabel, imagesTagged } from '../../db/image-labels.ts'
import { mutate } from '../../db/journal.ts'
import {
  countImagesOfLabels,
  countOfLabels,
  idsOfLabel,
  imagesOfAnnotations,
  labelColours,
  labelName,
  labelNamed,
  labelsBelow,
} from '../../db/labels.ts'
import { regionsOfLabel } from '../../db/regions.ts'
import type { Project } from '../projects/project.ts'
import { isBelow, moveAnnotations } from './labels.ts'
import { valid } from './validate.ts'

/** The effect of an operation. Throws if it is impossible. */
export function previewLabels({ db }: Project, given: LabelOperation): LabelPreview {
  return planned(db, valid(labelOperation, 'labels', given)).preview
}

/** Performs an operation as one undo step. */
export function changeLabels(project: Project, given: LabelOperation): LabelPreview {
  const operation = valid(labelOperation, 'labels', given)
  const action = { rename: 'rename label', merge: 'merge labels', split: 'split label' }[operation.kind]
  return mutate(project.db, project.user, action, (edit) => {
    const { preview, parts } = planned(project.db, operation)
    if (operation.kind === 'rename') edit.update('label', operation.id, { name: operation.name })
    else if (operation.kind === 'merge') for (const id of operation.ids) removeInto(edit, id, operation.into)
    else divide(edit, operation.id, parts)
    return preview
  })
}

interface Part {
  name: string
  /** null: the label has to be created. */
  id: number | null
  regions: number[]
  imageLabels: number[]
}

function planned(db: Database, operation: LabelOperation): { preview: LabelPreview; parts: Part[] } {
  if (operation.kind === 'rename') {
    const taken = labelNamed(db, operation.name)
    nameOf(db, operation.id)
    if (taken !== undefined && taken !== operation.id) throw userError(sentence('label.merge-instead', { name: operation.name }))
    const effect = { label: operation.name, fresh: false, ...countsOf(db, [operation.id]) }
    return {
      preview: { ...withoutImages(effect), images: countImagesOfLabels(db, [operation.id]), effects: [effect], removed: [] },
      parts: [],
    }
  }
  if (operation.kind === 'merge') {
    const target = nameOf(db, operation.into)
    if (operation.ids.includes(operation.into)) throw userError(sentence('label.into-itself'))
    const removed = operation.ids.map((id) => nameOf(db, id))
    const effect = { label: target, fresh: false, ...countsOf(db, operation.ids) }
    return { preview: { ...withoutImages(effect), images: countImagesOfLabels(db, operation.ids), effects: [effect], removed }, parts: [] }
  }
  const parts = partsOf(db, operation)
  const effects = parts.map(({ name, id, regions, imageLabels }) => ({
    label: name,
    fresh: id === null,
    regions: regions.length,
    imageLabels: imageLabels.length,
  }))
  const sum = (key: 'regions' | 'imageLabels') => effects.reduce((n, e) => n + e[key], 0)
  const touched = new Set([
    ...imagesOfAnnotations(
      db,
      'region',
      parts.flatMap((p) => p.regions),
    ),
    ...imagesOfAnnotations(
      db,
      'media_label',
      parts.flatMap((p) => p.imageLabels),
    ),
  ])
  return { preview: { regions: sum('regions'), imageLabels: sum('imageLabels'), images: touched.size, effects, removed: [] }, parts }
}

const withoutImages = ({ regions, imageLabels }: { regions: number; imageLabels: number }) => ({ regions, imageLabels })
function nameOf(db: Database, id: number): string {
  const name = labelName(db, id)
  if (name === undefined) throw userError(sentence('label.none', { id }))
  return name
}

const countsOf = (db: Database, ids: readonly number[]) => ({
  regions: countOfLabels(db, 'region', ids),
  imageLabels: countOfLabels(db, 'media_label', ids),
})

/** Each annotation goes to the first part whose condition it satisfies. */
function partsOf(db: Database, { id, parts: given }: Extract<LabelOperation, { kind: 'split' }>): Part[] {
  nameOf(db, id)
  const parts = given.map(({ name, where }): Part & { where: SplitCondition } => ({
    name,
    where,
    id: labelNamed(db, name) ?? null,
    regions: [],
    imageLabels: [],
  }))
  for (const [i, part] of parts.entries()) {
    if (part.id === id) throw userError(sentence('label.part-is-itself', { part: i }))
    if (Object.values(part.where).every((c) => c === undefined)) throw userError(sentence('label.part-without-condition', { part: i }))
  }
  const tags = new Map<string, Set<number>>()
  const tagged = (tag: string) => {
    if (!tags.has(tag)) tags.set(tag, new Set(imagesTagged(db, tag)))
    return tags.get(tag)!
  }
  const ofImage = (where: SplitCondition, mediaId: number) => where.tag === undefined || tagged(where.tag).has(mediaId)
  for (const row of regionsOfLabel(db, id)) {
    const has = attributes.safeParse(JSON.parse(row.attributes)).data ?? {}
    parts
      .find(
        ({ where }) =>
          ofImage(where, row.media_id) &&
          (where.kind === undefined || where.kind === row.kind) &&
          (where.attribute === undefined || ownValue(has, where.attribute.name) === where.attribute.value),
      )
      ?.regions.push(row.id)
  }
  for (const row of imageLabelsOfLabel(db, id))
    parts
      .find(({ where }) => where.kind === undefined && where.attribute === undefined && ofImage(where, row.media_id))
      ?.imageLabels.push(row.id)
  return parts
}

/** New labels inherit parent, attributes and skeleton of the label being split. */
function divide(edit: Edit, id: number, parts: readonly Part[]): void {
  const { parent_id, attributes, skeleton } = edit.row('label', id)!
  const made = new Map<string, number>()
  for (const part of parts) {
    const into =
      part.id ??
      made.get(part.name) ??
      edit.insert('label', {
        ...labelRow({ name: part.name, colour: nextColour(labelColours(edit.db)), key: null, synonyms: [], prompts: [] }),
        parent_id: parent_id ?? null,
        attributes: attributes ?? null,
        skeleton: skeleton ?? null,
      })
    made.set(part.name, into)
    moveAnnotations(edit, part.regions, part.imageLabels, into)
  }
}

/** Its children move to the other label; or up, if the other label is one of them. */
function removeInto(edit: Edit, id: number, into: number): void {
  const above = edit.row('label', id)!['parent_id'] ?? null
  const below = isBelow(edit, into, id)
  for (const child of labelsBelow(edit.db, id)) edit.update('label', child, { parent_id: below ? above : into })
  moveAnnotations(edit, idsOfLabel(edit.db, 'region', id), idsOfLabel(edit.db, 'media_label', id), into)
  edit.remove('label', id)
}
