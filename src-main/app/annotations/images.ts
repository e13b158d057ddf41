/** Annotations of whole images (labels, tags, split, review, comments) and facts about their files. */
import { userError } from '#shared/errors.ts'
import { limits } from '#shared/model/limits.ts'
import type { Author } from '#shared/model/author.ts'
import {
  comment,
  media,
  reviewState,
  split as splitName,
  tag as tagName,
  type Comment,
  type Media,
  type MediaLabel,
  type ReviewState,
} from '#shared/model/media.ts'
import { sentence } from '#shared/sentences/table.ts'
import { repliesTo } from '../../db/comments.ts'
import { commentRow, mediaLabelRow, mediaRow, toComment } from '../../db/entities.ts'
import type { Edit } from '../../db/edit.ts'
import { idsOnImage } from '../../db/image-content.ts'
import { imageLabelBy, tagOn } from '../../db/image-labels.ts'
import { mutate } from '../../db/journal.ts'
import type { Project } from '../projects/project.ts'
import { Meanwhile } from './meanwhile.ts'
import { personOf, stateFor } from './regions.ts'
import { handOverTracks } from './track-follow.ts'
import { valid } from './validate.ts'

type NewMediaLabel = Pick<MediaLabel, 'mediaId' | 'labelId'> & { author?: Author; state?: MediaLabel['state'] }

/**
 * Assigns labels to images; an existing assignment by the same author keeps its id and gets the new state and score.
 */
export function setMediaLabels(project: Project, given: readonly NewMediaLabel[]): MediaLabel[] {
  return mutate(project.db, project.user, given.length === 1 ? 'label image' : `label ${given.length} images`, (edit) =>
    given.map(({ mediaId, labelId, author = personOf(project), state = stateFor(author) }) => {
      const whole = { mediaId, labelId, author, state }
      const old = imageLabelBy(edit.db, mediaId, labelId, author)
      if (old !== undefined) edit.update('media_label', old, mediaLabelRow(whole))
      return { id: old ?? edit.insert('media_label', mediaLabelRow(whole)), ...whole }
    }),
  )
}

export const acceptMediaLabels = (project: Project, ids: readonly number[]) => setMediaLabelState(project, ids, 'accepted')
export const rejectMediaLabels = (project: Project, ids: readonly number[]) => setMediaLabelState(project, ids, 'rejected')

function setMediaLabelState(project: Project, ids: readonly number[], state: MediaLabel['state']): void {
  mutate(project.db, project.user, `image label ${state}`, (edit) => ids.forEach((id) => edit.update('media_label', id, { state })))
}

export function removeMediaLabels(project: Project, ids: readonly number[]): void {
  mutate(project.db, project.user, 'remove image label', (edit) => ids.forEach((id) => edit.remove('media_label', id)))
}

export function addTag(project: Project, mediaIds: readonly number[], tag: string): void {
  const name = valid(tagName, 'tag', tag)
  mutate(project.db, project.user, 'add tag', (edit) => {
    for (const mediaId of mediaIds)
      if (tagOn(edit.db, mediaId, name) === undefined) edit.insert('media_tag', { media_id: mediaId, tag: name })
  })
}

export function removeTag(project: Project, mediaIds: readonly number[], tag: string): void {
  mutate(project.db, project.user, 'remove tag', (edit) => {
    for (const mediaId of mediaIds) {
      const id = tagOn(edit.db, mediaId, tag)
      if (id !== undefined) edit.remove('media_tag', id)
    }
  })
}

/** @param before the previous split of each image, in order, as its editor last saw it */
export function setSplit(project: Project, mediaIds: readonly number[], split: string | null, before?: readonly (string | null)[]): void {
  assignSplits(project, new Map(mediaIds.map((id) => [id, split])), before && new Map(mediaIds.map((id, i) => [id, before[i]])))
}

/** Throws if somebody else changed the field since `before`. */
function unchangedMeanwhile(
  edit: Edit,
  ids: readonly number[],
  field: 'split' | 'review',
  mine: (id: number) => string | null,
  before?: ReadonlyMap<number, string | null | undefined>,
): void {
  const meanwhile = new Meanwhile('image')
  for (const id of ids)
    meanwhile.change(id, edit.row('media', id) ?? null, before && before.get(id) !== undefined ? { [field]: before.get(id) } : undefined, {
      [field]: mine(id),
    })
  meanwhile.settle()
}

/** Assigns splits to many images as one edit: image id → split. */
export function assignSplits(
  project: Project,
  splits: ReadonlyMap<number, string | null>,
  before?: ReadonlyMap<number, string | null | undefined>,
): void {
  for (const split of new Set(splits.values())) if (split !== null) valid(splitName, 'split', split)
  mutate(project.db, project.user, 'set split', (edit) => {
    unchangedMeanwhile(edit, [...splits.keys()], 'split', (id) => splits.get(id)!, before)
    splits.forEach((split, id) => edit.update('media', id, { split }))
  })
}

export function setReview(project: Project, mediaIds: readonly number[], state: ReviewState, before?: readonly ReviewState[]): void {
  const review = valid(reviewState, 'review', state)
  mutate(project.db, project.user, 'review', (edit) => {
    unchangedMeanwhile(edit, mediaIds, 'review', () => review, before && new Map(mediaIds.map((id, i) => [id, before[i]])))
    mediaIds.forEach((id) => edit.update('media', id, { review }))
  })
}

interface NewComment {
  mediaId: number
  regionId?: number | null
  text: string
  at?: Comment['at']
  replyTo?: number | null
}

/** Adds a comment on a region, a position, the whole image, or as a reply. */
export function addComment(project: Project, given: NewComment): Comment {
  const whole = valid(comment.omit({ id: true }), 'comment', {
    regionId: null,
    at: null,
    replyTo: null,
    ...given,
    by: project.user,
    created: Date.now(),
    resolved: false,
  })
  return mutate(project.db, project.user, 'comment', (edit) => {
    if (whole.regionId !== null && edit.row('region', whole.regionId)?.['media_id'] !== whole.mediaId)
      throw userError(sentence('region.elsewhere', { id: whole.regionId }))
    checkPlace(edit, whole)
    return { id: edit.insert('comment', commentRow(whole)), ...whole }
  })
}

function checkPlace(edit: Edit, { mediaId, regionId, at, replyTo }: Omit<Comment, 'id'>): void {
  if (replyTo !== null) {
    const answered = edit.row('comment', replyTo)
    if (answered?.['media_id'] !== mediaId) throw userError(sentence('comment.elsewhere', { id: replyTo }))
    if (answered['reply_to'] !== null) throw userError(sentence('comment.reply-to-reply', { id: replyTo }))
    if (at || regionId !== null) throw userError(sentence('comment.reply-place'))
  }
  if (!at) return
  const image = edit.row('media', mediaId)
  const [width, height] = [Number(image?.['width'] ?? limits.coordinate), Number(image?.['height'] ?? limits.coordinate)]
  if (!(at.x >= 0 && at.y >= 0 && at.x <= width && at.y <= height)) throw userError(sentence('comment.outside', { x: at.x, y: at.y }))
}

type CommentFields = { text?: string; resolved?: boolean }
const currentComment = (edit: Edit, id: number): Comment | null => {
  const row = edit.row('comment', id)
  return row ? toComment({ id, ...row }) : null
}

/** @param before the fields as their editor last saw them */
export function updateComment(project: Project, id: number, patch: CommentFields, before?: CommentFields): Comment {
  const checked = valid(comment.pick({ text: true, resolved: true }).partial(), 'comment', patch)
  return mutate(project.db, project.user, 'change comment', (edit) => {
    const meanwhile = new Meanwhile('comment')
    meanwhile.change(id, currentComment(edit, id), before, checked)
    meanwhile.settle()
    edit.update('comment', id, commentRow(checked))
    return toComment({ id, ...edit.row('comment', id)! })
  })
}

export function removeComment(project: Project, id: number, before?: CommentFields): void {
  mutate(project.db, project.user, 'remove comment', (edit) => {
    const meanwhile = new Meanwhile('comment')
    const wanted = meanwhile.remove(id, currentComment(edit, id), before)
    meanwhile.settle()
    if (!wanted) return
    for (const reply of repliesTo(edit.db, id)) edit.remove('comment', reply)
    edit.remove('comment', id)
  })
}

/** Removes images from the project with all their annotations; their files are kept. */
export function removeMedia(project: Project, mediaIds: readonly number[]): void {
  mutate(project.db, project.user, mediaIds.length === 1 ? 'remove image' : `remove ${mediaIds.length} images`, (edit) => {
    handOverTracks(edit, mediaIds)
    for (const mediaId of mediaIds) {
      for (const { table, id } of idsOnImage(edit.db, mediaId)) edit.remove(table, id)
      edit.remove('media', mediaId)
    }
  })
}

/** Updates the path of an image whose file was moved or renamed under its root. */
export function renameMedia(project: Project, mediaId: number, path: string): void {
  const checked = valid(media.shape.path, 'path', path)
  mutate(project.db, project.user, 'rename image', (edit) => edit.update('media', mediaId, { path: checked }))
}

const facts = media
  .pick({ contentHash: true, perceptualHash: true, width: true, height: true, orientation: true, duplicateGroup: true })
  .partial()
export type MediaFacts = Partial<Pick<Media, 'contentHash' | 'perceptualHash' | 'width' | 'height' | 'orientation' | 'duplicateGroup'>>

/**
 * Stores facts from hashing, decoding and curation. Journalled, but not undoable; images removed meanwhile are
 * skipped.
 */
export function setMediaFacts(project: Project, given: ReadonlyMap<number, MediaFacts>): void {
  const checked = [...given].map(([id, f]) => [id, valid(facts, `image ${id}`, f)] as const)
  mutate(
    project.db,
    project.user,
    'file facts',
    (edit) => {
      for (const [id, f] of checked) if (edit.row('media', id)) edit.update('media', id, mediaRow(f))
    },
    'fact',
  )
}
