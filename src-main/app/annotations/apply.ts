/** Applies one canvas gesture: regions added, changed and removed, as one edit and one undo step. */
import type { RegionEditInput } from '#shared/contract/annotations.ts'
import { userError } from '#shared/errors.ts'
import { sameData } from '#shared/model/conflict.ts'
import type { Author } from '#shared/model/author.ts'
import type { Region } from '#shared/model/region.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Edit } from '../../db/edit.ts'
import { regionRow, toRegion } from '../../db/entities.ts'
import type { Project } from '../projects/project.ts'
import { AttributeRules, changedAttributes } from './attributes.ts'
import { Meanwhile } from './meanwhile.ts'
import { personOf, removeRegionsIn } from './regions.ts'
import { mutateRegions } from './track-follow.ts'
import { checkShape } from './validate.ts'

/**
 * Writes only fields that differ from `before` (each attribute is a field of its own), so that two windows can change
 * the same region's shape and label at once. If both changed the same field, nothing is written and the error
 * contains both values. New regions are attributed to the project's user, or to the model that found what the user
 * accepted.
 * @returns the ids of new regions
 */
export function applyRegionEdit(project: Project, { mediaId, action, changes }: RegionEditInput): { temporary: number; id: number }[] {
  return mutateRegions(project, action, (edit) => {
    const now = changes.map(({ before }) => (before ? regionOn(edit, before.id, mediaId) : null))
    const meanwhile = new Meanwhile('region', true)
    const wanted = changes.map(({ before, after }, i) => {
      if (!before) return true
      if (!after) return meanwhile.remove(before.id, now[i]! && fieldsOf(said(now[i])), fieldsOf(said(asWorkedOut(before, now[i]!))))
      const mine = differing(fieldsOf(before), fieldsOf(after))
      return meanwhile.change(before.id, now[i]! && fieldsOf(now[i]), fieldsOf(asWorkedOut(before, now[i]!)), mine)
    })
    meanwhile.settle()
    const saved: { temporary: number; id: number }[] = []
    const removed: number[] = []
    const rules = new AttributeRules(project.db)
    changes.forEach(({ before, after }, i) => {
      if (!wanted[i]) return
      checkShape(project, mediaId, after?.shape)
      if (after) rules.check(after.labelId, changedAttributes(before?.attributes ?? {}, after.attributes))
      if (!before && after)
        saved.push({
          temporary: after.id,
          id: edit.insert(
            'region',
            regionRow({ ...after, mediaId, author: authorOf(project, after.author), state: 'accepted', track: null }),
          ),
        })
      else if (before && after) edit.update('region', before.id, regionRow(patchOf(now[i]!, differing(fieldsOf(before), fieldsOf(after)))))
      else if (before) removed.push(before.id)
    })
    if (removed.length) removeRegionsIn(edit, removed)
    return saved
  })
}

/** What a model found is its own; nobody can draw in another person's name. */
const authorOf = (project: Project, author: Author): Author => (author.kind === 'checkpoint' ? author : personOf(project))

function regionOn(edit: Edit, id: number, mediaId: number): Region | null {
  const row = edit.row('region', id)
  if (row && row['media_id'] !== mediaId) throw userError(sentence('region.elsewhere', { id }))
  return row ? toRegion({ id, ...row }) : null
}

/** Between key frames a region's shape is computed, so a change of it is not a conflict. */
const asWorkedOut = (before: Region, now: Region | null): Region =>
  now?.track?.frame === 'between' ? { ...before, shape: now.shape } : before

type Fields = Record<string, unknown>
const attribute = 'attributes.'
const editable = ['labelId', 'shape', 'state', 'z', 'hidden', 'locked'] as const
/** The fields that a removal discards; it must not discard changes that its author has not seen. */
const said = ({ labelId, shape, attributes, state }: Region): Partial<Region> => ({ labelId, shape, attributes, state })

function fieldsOf(region: Partial<Region>): Fields {
  const plain = editable.filter((k) => region[k] !== undefined).map((k) => [k, region[k]])
  return Object.fromEntries([...plain, ...Object.entries(region.attributes ?? {}).map(([k, v]) => [attribute + k, v])])
}

/** Fields of `after` that differ from `before`; null: a removed attribute. */
function differing(before: Fields, after: Fields): Fields {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return Object.fromEntries(names.filter((k) => !sameData(before[k], after[k])).map((k) => [k, after[k] ?? null]))
}

function patchOf(now: Region, fields: Fields): Partial<Region> {
  const changed = Object.entries(fields).filter(([k]) => k.startsWith(attribute))
  const plain = Object.fromEntries(Object.entries(fields).filter(([k]) => !k.startsWith(attribute))) as Partial<Region>
  if (changed.length === 0) return plain
  const attributes = { ...now.attributes, ...Object.fromEntries(changed.map(([k, v]) => [k.slice(attribute.length), v])) }
  return { ...plain, attributes: Object.fromEntries(Object.entries(attributes).filter(([, v]) => v !== null)) as Region['attributes'] }
}
