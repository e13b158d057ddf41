import { resolve } from 'node:path'
import type { annotationMethods } from '#shared/contract/annotations.ts'
import type { JournalEntry } from '#shared/model/journal.ts'
import { latestImages } from '../../../db/journal.ts'
import { assignmentsOf, imagesOf } from '../../../db/media-of.ts'
import * as annotations from '../../annotations/index.ts'
import { applyRegionEdit } from '../../annotations/apply.ts'
import { labelCounts, listLabels, type Project } from '../../projects/index.ts'
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

interface OfImage {
  readonly mediaId: number
}
interface Update<F> {
  readonly id: number
  readonly patch: F
  readonly before?: F | undefined
}

// Handlers for things that belong to one image: captions and comments.

const adds =
  <G, T extends OfImage>(action: string, add: (project: Project, given: G) => T) =>
  (given: G, client: Client): T => {
    const added = add(client.project, given)
    client.annotated(action, [added.mediaId])
    return added
  }
const updates =
  <F, T extends OfImage>(action: string, update: (project: Project, id: number, patch: F, before?: F) => T) =>
  ({ id, patch, before }: Update<F>, client: Client): T => {
    const changed = update(client.project, id, patch, before)
    client.annotated(action, [changed.mediaId])
    return changed
  }
const removes =
  <F>(what: 'caption' | 'comment', remove: (project: Project, id: number, before?: F) => void) =>
  ({ id, before }: Omit<Update<F>, 'patch'>, client: Client): null => {
    const images = imagesOf(client.project.db, what, [id])
    remove(client.project, id, before)
    client.annotated(`remove ${what}`, images)
    return null
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
  'captions.add': adds('add caption', annotations.addCaption),
  'captions.update': updates('change caption', annotations.updateCaption),
  'captions.remove': removes('caption', annotations.removeCaption),
  'captions.tokens': ({ texts, model }, { project }) =>
    countTokens(models, model === undefined ? models.nano : resolve(project.folder, model), texts),
  'comments.add': adds('comment', annotations.addComment),
  'comments.update': updates('change comment', annotations.updateComment),
  'comments.remove': removes('comment', annotations.removeComment),
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
