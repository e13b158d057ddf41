/** Edits of many images at once. */
import type { MediaPatch } from '#shared/contract/annotations.ts'
import { userError } from '#shared/errors.ts'
import { defaultsOf } from '#shared/model/attribute.ts'
import { attributes, type Attributes } from '#shared/model/region.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Edit } from '../../db/edit.ts'
import { mediaLabelRow } from '../../db/entities.ts'
import { imageLabelBy, imageLabelIds, standingImageLabels, tagOn } from '../../db/image-labels.ts'
import { editableRegions, editableRegionsOfLabel } from '../../db/regions.ts'
import type { Project } from '../projects/project.ts'
import { AttributeRules, changedAttributes } from './attributes.ts'
import { personOf } from './regions.ts'
import { mutateRegions } from './track-follow.ts'

/** Applies the whole patch to each image, as one edit. Locked regions keep their label and attributes. */
export function editMedia(project: Project, mediaIds: readonly number[], patch: MediaPatch): void {
  mutateRegions(project, mediaIds.length === 1 ? 'edit image' : `edit ${mediaIds.length} images`, (edit) => {
    for (const id of [...(patch.addLabels ?? []), ...(patch.regionLabel ? [patch.regionLabel] : []), ...Object.values(patch.relabel ?? {})])
      if (!edit.row('label', id)) throw userError(sentence('label.none', { id }))
    const rules = new AttributeRules(project.db)
    for (const id of mediaIds) {
      const { split, review } = patch
      if (split !== undefined || review !== undefined)
        edit.update('media', id, { ...(split !== undefined && { split }), ...(review !== undefined && { review }) })
      labels(project, edit, id, patch)
      tags(edit, id, patch)
      regions(edit, id, patch, rules)
      if (patch.relabel) relabel(edit, id, patch.relabel, rules)
    }
  })
}

function labels(project: Project, edit: Edit, mediaId: number, { addLabels = [], removeLabels = [] }: MediaPatch): void {
  const author = personOf(project)
  for (const labelId of removeLabels) for (const id of imageLabelIds(edit.db, mediaId, labelId)) edit.remove('media_label', id)
  for (const labelId of addLabels) {
    const old = imageLabelBy(edit.db, mediaId, labelId, author)
    if (old === undefined) edit.insert('media_label', mediaLabelRow({ mediaId, labelId, author, state: 'accepted' }))
    else edit.update('media_label', old, { state: 'accepted' })
  }
}

function tags(edit: Edit, mediaId: number, { addTags = [], removeTags = [] }: MediaPatch): void {
  const found = (tag: string) => tagOn(edit.db, mediaId, tag)
  for (const tag of removeTags) {
    const id = found(tag)
    if (id !== undefined) edit.remove('media_tag', id)
  }
  for (const tag of addTags) if (found(tag) === undefined) edit.insert('media_tag', { media_id: mediaId, tag })
}

function regions(edit: Edit, mediaId: number, { regionLabel, setAttributes, removeAttributes }: MediaPatch, rules: AttributeRules): void {
  if (regionLabel === undefined && !setAttributes && !removeAttributes) return
  for (const row of editableRegions(edit.db, mediaId)) {
    const before = attributes.parse(JSON.parse(row.attributes))
    const after: Attributes = Object.fromEntries(
      Object.entries({ ...before, ...setAttributes }).filter(([name]) => !removeAttributes?.includes(name)),
    )
    rules.check(regionLabel === undefined ? row.label_id : regionLabel, changedAttributes(before, after))
    edit.update('region', row.id, { ...(regionLabel !== undefined && { label_id: regionLabel }), attributes: JSON.stringify(after) })
  }
}

/**
 * Changes the label of annotations. If the image already has the new label, the two are merged. Rejected ones are
 * unchanged.
 */
function relabel(edit: Edit, mediaId: number, { from, to }: NonNullable<MediaPatch['relabel']>, rules: AttributeRules): void {
  if (from === to) return
  for (const { id, attributes: own } of editableRegionsOfLabel(edit.db, mediaId, from)) {
    const after = { ...defaultsOf(rules.of(to)), ...attributes.parse(JSON.parse(own)) }
    edit.update('region', id, { label_id: to, attributes: JSON.stringify(after) })
  }
  for (const { id, author } of standingImageLabels(edit.db, mediaId, from)) {
    const there = imageLabelBy(edit.db, mediaId, to, author)
    if (there === undefined) edit.update('media_label', id, { label_id: to })
    else {
      edit.update('media_label', there, { state: 'accepted' })
      edit.remove('media_label', id)
    }
  }
}
