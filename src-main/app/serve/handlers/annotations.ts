import { resolve } from 'node:path'
import type { annotationMethods } from '#shared/contract/annotations.ts'
import type { JournalEntry } from '#shared/model/journal.ts'
import { latestImages } from '../../../db/journal.ts'
import { assignmentsOf, imagesOf } from '../../../db/media-of.ts'
import * as annotations from '../../annotations/index.ts'
import { applyRegionEdit } from '../../annotations/apply.ts'
import { labelCounts, listLabels } from '../../projects/index.ts'
import { countTokens } from '../../preview/index.ts'
import type { Client } from '../client.ts'
import type { HandlersOf, Parts } from '../parts.ts'

/** Editing a tracked region also changes other frames of its sequence. */
const touched = ({ project }: Client, mediaIds: readonly number[]) => [...new Set([...mediaIds, ...latestImages(project.db)])]

const labelsChanged = (client: Client, action: string) => {
  client.tell('project.changed', { what: ['labels'] })
  client.annotated(action)
}
/** Undoing or redoing may change anything that the entry names. */
const turned = (client: Client, how: string, entry: JournalEntry | null) => {
  if (!entry) return null
  // An entry names at most a thousand images; then all may have changed.
  client.annotated(`${how} ${entry.action}`, entry.mediaIds.length >= 1000 ? [] : entry.mediaIds)
  if (entry.mediaIds.length !== 1) client.tell('project.changed', { what: ['labels', 'media'] })
  return entry
}

export const annotationHandlers = ({ options: { models } }: Parts): HandlersOf<typeof annotationMethods> => ({
  'regions.apply': (edit, client) => {
    const saved = applyRegionEdit(client.project, edit)
    client.annotated(edit.action, touched(client, [edit.mediaId]))
    return { saved }
  },
  'regions.state': ({ ids, state, before }, client) => {
    annotations.setRegionState(client.project, ids, state, before)
    client.annotated(`region ${state}`, touched(client, imagesOf(client.project.db, 'region', ids)))
    return null
  },
  'proposals.accept': ({ mediaIds, minScore }, client) => {
    const accepted = annotations.acceptProposals(client.project, mediaIds, minScore)
    client.annotated('accept proposals', accepted.images)
    return accepted
  },
  'regions.copy': ({ ids, mediaIds }, client) => {
    const copied = annotations.copyRegions(client.project, ids, mediaIds)
    client.annotated('copy regions', copied.images)
    return copied
  },
  'captions.add': (given, client) => {
    const added = annotations.addCaption(client.project, given)
    client.annotated('add caption', [added.mediaId])
    return added
  },
  'captions.update': ({ id, patch, before }, client) => {
    const changed = annotations.updateCaption(client.project, id, patch, before)
    client.annotated('change caption', [changed.mediaId])
    return changed
  },
  'captions.remove': ({ id, before }, client) => {
    const images = imagesOf(client.project.db, 'caption', [id])
    annotations.removeCaption(client.project, id, before)
    client.annotated('remove caption', images)
    return null
  },
  'captions.tokens': ({ texts, model }, { project }) =>
    countTokens(models, model === undefined ? models.nano : resolve(project.folder, model), texts),
  'comments.add': (given, client) => {
    const added = annotations.addComment(client.project, given)
    client.annotated('comment', [added.mediaId])
    return added
  },
  'comments.update': ({ id, patch, before }, client) => {
    const changed = annotations.updateComment(client.project, id, patch, before)
    client.annotated('change comment', [changed.mediaId])
    return changed
  },
  'comments.remove': ({ id, before }, client) => {
    const images = imagesOf(client.project.db, 'comment', [id])
    annotations.removeComment(client.project, id, before)
    client.annotated('remove comment', images)
    return null
  },
  'labels.list': (_, { project }) => {
    const counts = labelCounts(project)
    return listLabels(project).map((l) => ({ ...l, ...(counts.get(l.id) ?? { regions: 0, images: 0 }) }))
  },
  'labels.add': (given, client) => {
    const added = annotations.addLabel(client.project, given)
    client.tell('project.changed', { what: ['labels'] })
    return added
  },
  'labels.update': ({ id, patch, before }, client) => {
    const changed = annotations.updateLabel(client.project, id, patch, before)
    client.tell('project.changed', { what: ['labels'] })
    return changed
  },
  'labels.remove': ({ id, into }, client) => {
    annotations.removeLabel(client.project, id, into)
    labelsChanged(client, 'remove label')
    return null
  },
  'labels.preview': (operation, { project }) => annotations.previewLabels(project, operation),
  'labels.change': (operation, client) => {
    const done = annotations.changeLabels(client.project, operation)
    labelsChanged(client, `${operation.kind} label`)
    return done
  },
  'labels.schema': (_, { project }) => annotations.labelSchema(project),
  'labels.import': ({ text, file, mode, preview }, client) => {
    const schema = annotations.readLabelSchema(text, file)
    if (preview) return annotations.previewLabelSchema(client.project, schema, mode)
    const report = annotations.importLabelSchema(client.project, schema, mode)
    labelsChanged(client, 'import labels')
    return report
  },
  'image-labels.set': ({ mediaIds, labelId }, client) => {
    const set = annotations.setMediaLabels(
      client.project,
      mediaIds.map((mediaId) => ({ mediaId, labelId })),
    )
    client.annotated('label image', mediaIds)
    return set
  },
  'image-labels.unset': ({ mediaIds, labelId }, client) => {
    const ids = assignmentsOf(client.project.db, labelId, mediaIds)
    annotations.removeMediaLabels(client.project, ids)
    client.annotated('remove image label', mediaIds)
    return null
  },
  'image-labels.choose': ({ mediaId, labelId }, client) => {
    annotations.classifyImage(client.project, mediaId, labelId)
    client.annotated(annotations.classifying, [mediaId])
    return null
  },
  'image-labels.labelled': (_, { project }) => ({ ids: annotations.classifiedImages(project) }),
  'image-labels.state': ({ ids, state }, client) => {
    if (state === 'accepted') annotations.acceptMediaLabels(client.project, ids)
    else annotations.rejectMediaLabels(client.project, ids)
    client.annotated(`image label ${state}`, imagesOf(client.project.db, 'media_label', ids))
    return null
  },
  'tags.add': ({ mediaIds, tag }, client) => {
    annotations.addTag(client.project, mediaIds, tag)
    client.annotated('add tag', mediaIds)
    return null
  },
  'tags.remove': ({ mediaIds, tag }, client) => {
    annotations.removeTag(client.project, mediaIds, tag)
    client.annotated('remove tag', mediaIds)
    return null
  },
  'splits.set': ({ mediaIds, split, before }, client) => {
    annotations.setSplit(client.project, mediaIds, split, before)
    client.annotated('set split', mediaIds)
    return null
  },
  'review.set': ({ mediaIds, review, before }, client) => {
    annotations.setReview(client.project, mediaIds, review, before)
    client.annotated('review', mediaIds)
    return null
  },
  'media.edit': ({ mediaIds, patch }, client) => {
    annotations.editMedia(client.project, mediaIds, patch)
    client.annotated('edit images', touched(client, mediaIds))
    return null
  },
  'history.undo': ({ mediaId }, client) => turned(client, 'undo', annotations.undoChange(client.project, mediaId)),
  'history.redo': ({ mediaId }, client) => turned(client, 'redo', annotations.redoChange(client.project, mediaId)),
  'history.list': (options, { project }) => annotations.changeHistory(project, options),
})
