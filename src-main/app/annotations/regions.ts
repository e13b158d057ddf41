/** Regions: add, change, remove, accept and reject. Each call is one edit and one undo step. */
import type { Author } from '#shared/model/author.ts'
import type { StoredRow } from '#shared/model/journal.ts'
import { region, type Region } from '#shared/model/region.ts'
import type { Edit } from '../../db/edit.ts'
import { regionRow, toRegion } from '../../db/entities.ts'
import { captionsOfRegions, commentsOfRegions, topZ } from '../../db/regions.ts'
import type { Project } from '../projects/project.ts'
import { AttributeRules, changedAttributes } from './attributes.ts'
import { Meanwhile } from './meanwhile.ts'
import { mutateRegions } from './track-follow.ts'
import { checkShape, valid } from './validate.ts'

const newRegion = region.omit({ id: true, track: true }).partial().required({ mediaId: true, shape: true })
export type NewRegion = Pick<Region, 'mediaId' | 'shape'> & Partial<Omit<Region, 'id' | 'mediaId' | 'shape' | 'track'>>
const regionPatch = region.omit({ id: true, mediaId: true, track: true }).partial()
export type RegionPatch = Partial<Omit<Region, 'id' | 'mediaId' | 'track'>>

/** A person's annotation is accepted immediately, a checkpoint's is a proposal. */
export const stateFor = (author: Author) => (author.kind === 'person' ? ('accepted' as const) : ('proposed' as const))
export const personOf = (project: Project): Author => ({ kind: 'person', name: project.user })

export const addRegion = (project: Project, given: NewRegion): Region => addRegions(project, [given])[0]!

/** Placed on top of the image's other regions by default. */
export function addRegions(project: Project, given: readonly NewRegion[]): Region[] {
  const { db } = project
  const rules = new AttributeRules(db)
  const regions = given.map((r) => valid(newRegion, 'region', r))
  return mutateRegions(project, regions.length === 1 ? 'add region' : `add ${regions.length} regions`, (edit) =>
    regions.map((r) => {
      checkShape(project, r.mediaId, r.shape)
      rules.check(r.labelId ?? null, r.attributes ?? {})
      const author = r.author ?? personOf(project)
      const whole = {
        mediaId: r.mediaId,
        labelId: r.labelId ?? null,
        shape: r.shape,
        attributes: r.attributes ?? {},
        author,
        state: r.state ?? stateFor(author),
        z: r.z ?? topZ(db, r.mediaId),
        hidden: r.hidden ?? false,
        locked: r.locked ?? false,
      }
      return { id: edit.insert('region', regionRow(whole)), ...whole }
    }),
  )
}

export const updateRegion = (project: Project, id: number, patch: RegionPatch): Region => updateRegions(project, [id], patch)[0]!

/** @param before the previous state of each region, in order, as its editor last saw it */
export function setRegionState(
  project: Project,
  ids: readonly number[],
  state: Region['state'],
  before?: readonly Region['state'][],
): void {
  mutateRegions(project, `region ${state}`, (edit) => {
    const meanwhile = new Meanwhile('region')
    ids.forEach((id, i) => before && meanwhile.change(id, edit.row('region', id) ?? null, { state: before[i] }, { state }))
    meanwhile.settle()
    for (const id of ids) edit.update('region', id, { state })
  })
}

/** Makes the same change to all regions, e.g. of label or lock. */
export function updateRegions(project: Project, ids: readonly number[], patch: RegionPatch): Region[] {
  return changeRegions(
    project,
    ids.map((id) => ({ id, patch })),
  )
}

/** Makes a separate change to each region, e.g. a move; one edit. */
export function changeRegions(project: Project, changes: readonly { id: number; patch: RegionPatch }[]): Region[] {
  const known = new Map<RegionPatch, RegionPatch>() // many regions often share one patch object
  const checkedOnce = (patch: RegionPatch) => known.get(patch) ?? (known.set(patch, valid(regionPatch, 'region', patch)), known.get(patch)!)
  const checked = changes.map(({ id, patch }) => ({ id, patch: checkedOnce(patch) }))
  const what = Object.keys(checked[0]?.patch ?? {}).join(', ')
  const rules = new AttributeRules(project.db)
  return mutateRegions(project, `change ${checked.length === 1 ? 'region' : `${checked.length} regions`} (${what})`, (edit) =>
    checked.map(({ id, patch }) => {
      if (patch.shape) checkShape(project, Number(edit.row('region', id)?.['media_id'] ?? 0), patch.shape)
      if (patch.attributes) {
        const now = edit.row('region', id)
        if (now)
          rules.check(
            patch.labelId === undefined ? (now['label_id'] as number | null) : patch.labelId,
            changedAttributes(toRegion({ id, ...now }).attributes, patch.attributes),
          )
      }
      edit.update('region', id, regionRow(patch))
      return toRegion({ id, ...edit.row('region', id)! })
    }),
  )
}

export const acceptRegions = (project: Project, ids: readonly number[]) => updateRegions(project, ids, { state: 'accepted' })
export const rejectRegions = (project: Project, ids: readonly number[]) => updateRegions(project, ids, { state: 'rejected' })

/** Captions and comments of the regions are kept on the image; caption spans no longer refer to the regions. */
export function removeRegions(project: Project, ids: readonly number[]): void {
  mutateRegions(project, ids.length === 1 ? 'remove region' : `remove ${ids.length} regions`, (edit) => removeRegionsIn(edit, ids))
}

export function removeRegionsIn(edit: Edit, ids: readonly number[]): void {
  const gone = new Set(ids)
  const images = new Set(ids.map((id) => Number(edit.row('region', id)?.['media_id'] ?? 0)))
  for (const mediaId of images) {
    for (const c of captionsOfRegions(edit.db, mediaId)) {
      const patch: StoredRow = gone.has(Number(c['region_id'])) ? { region_id: null } : {}
      const spans = JSON.parse(String(c['spans'])) as { regions: number[] }[]
      if (spans.some((s) => s.regions.some((r) => gone.has(r))))
        patch['spans'] = JSON.stringify(
          spans.map((s) => ({ ...s, regions: s.regions.filter((r) => !gone.has(r)) })).filter((s) => s.regions.length),
        )
      edit.update('caption', Number(c['id']), patch)
    }
    for (const c of commentsOfRegions(edit.db, mediaId))
      if (gone.has(Number(c['region_id']))) edit.update('comment', Number(c['id']), { region_id: null })
  }
  for (const id of gone) edit.remove('region', id)
}
