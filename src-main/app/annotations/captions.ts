/** Captions of images and regions, and the regions their words refer to. */
import { userError } from '#shared/errors.ts'
import { caption, captionText, type Caption } from '#shared/model/caption.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Edit } from '../../db/edit.ts'
import { captionRow, toCaption } from '../../db/entities.ts'
import { mutate } from '../../db/journal.ts'
import type { Project } from '../projects/project.ts'
import { Meanwhile } from './meanwhile.ts'
import { personOf, stateFor } from './regions.ts'
import { valid } from './validate.ts'

const newCaption = caption.omit({ id: true }).extend({ text: captionText }).partial().required({ mediaId: true, text: true })
const captionPatch = caption.omit({ id: true, mediaId: true }).extend({ text: captionText }).partial()
export type NewCaption = Pick<Caption, 'mediaId' | 'text'> & Partial<Omit<Caption, 'id' | 'mediaId' | 'text'>>

export function addCaption(project: Project, given: NewCaption): Caption {
  const c = valid(newCaption, 'caption', given)
  return mutate(project.db, project.user, 'add caption', (edit) => {
    const author = c.author ?? personOf(project)
    const whole = {
      mediaId: c.mediaId,
      regionId: c.regionId ?? null,
      text: c.text,
      language: c.language ?? null,
      spans: c.spans ?? [],
      author,
      state: c.state ?? stateFor(author),
    }
    checkReferences(edit, whole)
    return { id: edit.insert('caption', captionRow(whole)), ...whole }
  })
}

type CaptionFields = Partial<Omit<Caption, 'id' | 'mediaId'>>

/** @param before the fields as their editor last saw them */
export function updateCaption(project: Project, id: number, patch: CaptionFields, before?: CaptionFields): Caption {
  const checked = valid(captionPatch, 'caption', patch)
  return mutate(project.db, project.user, 'change caption', (edit) => {
    const meanwhile = new Meanwhile('caption')
    meanwhile.change(id, current(edit, id), before && withoutGone(edit, before), checked)
    meanwhile.settle()
    edit.update('caption', id, captionRow(checked))
    const changed = toCaption({ id, ...edit.row('caption', id)! })
    checkReferences(edit, changed)
    return changed
  })
}

export function removeCaption(project: Project, id: number, before?: CaptionFields): void {
  mutate(project.db, project.user, 'remove caption', (edit) => {
    const meanwhile = new Meanwhile('caption')
    const wanted = meanwhile.remove(id, current(edit, id), before && withoutGone(edit, before))
    meanwhile.settle()
    if (wanted) edit.remove('caption', id)
  })
}

function current(edit: Edit, id: number): Caption | null {
  const row = edit.row('caption', id)
  return row ? toCaption({ id, ...row }) : null
}

/** `before` without regions removed since: their removal is not a conflicting change of the caption. */
function withoutGone(edit: Edit, before: CaptionFields): CaptionFields {
  const there = (region: number) => edit.row('region', region) !== undefined
  const spans = before.spans
    ?.map((s) => ({ ...s, regions: s.regions.filter(there) }))
    .filter((s, i) => s.regions.length || !before.spans![i]!.regions.length)
  return { ...before, ...(spans && { spans }), ...(before.regionId != null && !there(before.regionId) && { regionId: null }) }
}

/** Checks that spans are within the text, and regions on the same image. */
function checkReferences(edit: Edit, c: Omit<Caption, 'id'>): void {
  for (const s of c.spans)
    if (s.end <= s.start || s.end > c.text.length)
      throw userError(sentence('caption.span', { start: s.start, end: s.end, length: c.text.length }))
  for (const id of [...(c.regionId === null ? [] : [c.regionId]), ...c.spans.flatMap((s) => s.regions)])
    if (edit.row('region', id)?.['media_id'] !== c.mediaId) throw userError(sentence('region.elsewhere', { id }))
}
