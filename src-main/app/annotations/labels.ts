/** The label set. */
import { userError } from '#shared/errors.ts'
import { label, nextColour, type Label } from '#shared/model/label.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Edit } from '../../db/edit.ts'
import { labelRow, toLabel } from '../../db/entities.ts'
import { imageLabelBy } from '../../db/image-labels.ts'
import { mutate } from '../../db/journal.ts'
import { idsOfLabel, labelColours, labelsBelow } from '../../db/labels.ts'
import type { Project } from '../projects/project.ts'
import { Meanwhile } from './meanwhile.ts'
import { removeRegionsIn } from './regions.ts'
import { followSkeleton } from './skeletons.ts'
import { valid } from './validate.ts'

const newLabel = label.omit({ id: true }).partial().required({ name: true })
const labelPatch = label.omit({ id: true }).partial()
export type NewLabel = Pick<Label, 'name'> & Partial<Omit<Label, 'id' | 'name'>>

/** The default colour is the next one of the palette. */
export const addLabel = (project: Project, given: NewLabel): Label => addLabels(project, [given])[0]!

export function addLabels(project: Project, given: readonly NewLabel[]): Label[] {
  const { db } = project
  const labels = given.map((l) => valid(newLabel, 'label', l))
  return mutate(db, project.user, labels.length === 1 ? 'add label' : `add ${labels.length} labels`, (edit) => {
    const used = labelColours(db)
    return labels.map((l) => {
      const whole = {
        name: l.name,
        colour: l.colour ?? nextColour(used),
        key: l.key ?? null,
        synonyms: l.synonyms ?? [],
        prompts: l.prompts ?? [],
        parentId: l.parentId ?? null,
        attributes: l.attributes ?? [],
        skeleton: l.skeleton ?? null,
      }
      used.push(whole.colour)
      return { id: edit.insert('label', labelRow(whole)), ...whole }
    })
  })
}

/** @param before the fields as their editor last saw them */
export function updateLabel(project: Project, id: number, patch: Partial<Omit<Label, 'id'>>, before?: Partial<Omit<Label, 'id'>>): Label {
  const checked = valid(labelPatch, 'label', patch)
  return mutate(project.db, project.user, 'change label', (edit) => {
    const row = edit.row('label', id)
    const meanwhile = new Meanwhile('label')
    meanwhile.change(id, row ? toLabel({ id, ...row }) : null, before, checked)
    meanwhile.settle()
    if (checked.parentId != null && (checked.parentId === id || isBelow(edit, checked.parentId, id)))
      throw userError(sentence('label.below-itself'))
    const old = row && checked.skeleton !== undefined ? toLabel({ id, ...row }).skeleton : undefined
    edit.update('label', id, labelRow(checked))
    if (old && checked.skeleton) followSkeleton(edit, id, old, checked.skeleton)
    return toLabel({ id, ...edit.row('label', id)! })
  })
}

/** Removes a label with its annotations, or moves these to the label `into`. Its child labels move up. */
export function removeLabel(project: Project, id: number, into?: number): void {
  if (into === id) throw userError(sentence('label.into-itself'))
  mutate(project.db, project.user, into === undefined ? 'remove label' : 'merge labels', (edit) => {
    const old = edit.row('label', id)
    if (!old) throw userError(sentence('label.none', { id }))
    if (into !== undefined && !edit.row('label', into)) throw userError(sentence('label.none', { id: into }))
    for (const child of labelsBelow(edit.db, id)) edit.update('label', child, { parent_id: old['parent_id'] ?? null })
    const regions = idsOfLabel(edit.db, 'region', id)
    const imageLabels = idsOfLabel(edit.db, 'media_label', id)
    if (into !== undefined) moveAnnotations(edit, regions, imageLabels, into)
    else {
      removeRegionsIn(edit, regions)
      for (const mediaLabel of imageLabels) edit.remove('media_label', mediaLabel)
    }
    edit.remove('label', id)
  })
}

/**
 * Moves annotations to another label. If the image already has that label by the same author, the two are merged,
 * accepted if either is.
 */
export function moveAnnotations(edit: Edit, regions: readonly number[], imageLabels: readonly number[], into: number): void {
  for (const region of regions) edit.update('region', region, { label_id: into })
  for (const mediaLabel of imageLabels) {
    const { media_id, author, state } = edit.row('media_label', mediaLabel)!
    const twin = imageLabelBy(edit.db, Number(media_id), into, String(author))
    if (twin === undefined) edit.update('media_label', mediaLabel, { label_id: into })
    else {
      edit.remove('media_label', mediaLabel)
      if (state === 'accepted') edit.update('media_label', twin, { state })
    }
  }
}

/** Whether a label is a descendant of the other. */
export function isBelow(edit: Edit, id: number, other: number): boolean {
  const seen = new Set<number>()
  for (
    let at = Number(edit.row('label', id)?.['parent_id'] ?? 0);
    at && !seen.has(at);
    at = Number(edit.row('label', at)?.['parent_id'] ?? 0)
  ) {
    if (at === other) return true
    seen.add(at)
  }
  return false
}
