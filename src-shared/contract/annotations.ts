/** What is said of images. Every method that changes something is one edit of the journal. */
import { z } from 'zod'
import { caption, captionText } from '../model/caption.ts'
import { journalEntry } from '../model/journal.ts'
import { label } from '../model/label.ts'
import { labelOperation, labelPreview, labelSchemaFile, schemaImportMode, schemaImportReport } from '../model/label-schema.ts'
import { comment, id, media, mediaLabel, split, tag } from '../model/media.ts'
import { tokenCountsSchema } from '../model/question.ts'
import { attributes, region } from '../model/region.ts'
import { annotationState } from '../model/author.ts'
import { text } from '../model/text.ts'
import { method } from './method.ts'

const done = z.null()
/** Each once: a list that names one a million times is one. */
const ids = z
  .array(id)
  .min(1)
  .transform((given) => [...new Set(given)])
const ofImage = z.object({ mediaId: id.optional() })

/**
 * `before`, where a change names it, is what the fields were that it changes, as the window knew them. Where somebody else has made
 * something else of them meanwhile, nothing is changed, and the error (fault `conflict`) holds both.
 */
const captionFields = caption.omit({ id: true, mediaId: true })
const commentFields = comment.pick({ text: true, resolved: true })
const labelFields = label.omit({ id: true })

/** A region that the client made; its negative id is a name until the answer brings the real one. */
const drawn = region.extend({ id: z.number().int() })
export const regionChange = z.object({ before: drawn.nullable(), after: drawn.nullable() })
export const regionEdit = z.object({ mediaId: id, action: text().min(1).max(200), changes: z.array(regionChange).min(1) })
export type RegionEditInput = z.infer<typeof regionEdit>

/** What is to become of a selection of images; what is left out stays as it is. */
export const mediaPatch = z
  .object({
    addLabels: z.array(id),
    removeLabels: z.array(id),
    addTags: z.array(tag),
    removeTags: z.array(tag),
    split: split.nullable(),
    review: media.shape.review,
    /** Of every region on them. */
    regionLabel: id.nullable(),
    /** Of the regions on them, and of their own labels, that are of one label: another one. */
    relabel: z.object({ from: id, to: id }),
    setAttributes: attributes,
    removeAttributes: z.array(text()),
  })
  .partial()
export type MediaPatch = z.infer<typeof mediaPatch>

export const annotationMethods = {
  'regions.apply': method(regionEdit, z.object({ saved: z.array(z.object({ temporary: z.number().int(), id })) })),
  'regions.state': method(z.object({ ids, state: annotationState, before: z.array(annotationState).optional() }), done),
  /** What checkpoints proposed of these images, at least of this score; one step of undo. */
  'proposals.accept': method(
    z.object({ mediaIds: ids, minScore: z.number().nullable().default(null) }),
    z.object({ regions: z.number().int(), labels: z.number().int(), images: z.array(id) }),
  ),
  /** To each of the images, at the same place; one step of undo. */
  'regions.copy': method(z.object({ ids, mediaIds: ids }), z.object({ regions: z.number().int(), images: z.array(id) })),
  'captions.add': method(caption.omit({ id: true, author: true, state: true }).extend({ text: captionText }), caption),
  'captions.update': method(
    z.object({ id, patch: captionFields.extend({ text: captionText }).partial(), before: captionFields.partial().optional() }),
    caption,
  ),
  'captions.remove': method(z.object({ id, before: captionFields.partial().optional() }), done),
  /** How much of each text a model reads. */
  'captions.tokens': method(
    z.object({
      texts: z.array(z.string().max(20_000)).max(500),
      /** Folder; the model in the box unless said otherwise. */ model: z.string().optional(),
    }),
    tokenCountsSchema,
  ),
  'comments.add': method(
    z.object({
      mediaId: id,
      regionId: id.nullable(),
      text: comment.shape.text,
      /** Where on the image; a region's comment needs none. */
      at: comment.shape.at.unwrap().optional(),
      replyTo: id.nullable().optional(),
    }),
    comment,
  ),
  'comments.update': method(z.object({ id, patch: commentFields.partial(), before: commentFields.partial().optional() }), comment),
  'comments.remove': method(z.object({ id, before: commentFields.partial().optional() }), done),
  'labels.list': method(z.object({}).default({}), z.array(label.extend({ regions: z.number().int(), images: z.number().int() }))),
  'labels.add': method(label.omit({ id: true }).partial().required({ name: true }), label),
  'labels.update': method(z.object({ id, patch: labelFields.partial(), before: labelFields.partial().optional() }), label),
  /** `into`: its annotations go to that label, otherwise with it. */
  'labels.remove': method(z.object({ id, into: id.optional() }), done),
  /** Over the whole project: what it would do, and doing it as one step of undo. */
  'labels.preview': method(labelOperation, labelPreview),
  'labels.change': method(labelOperation, labelPreview),
  'labels.schema': method(z.object({}).default({}), labelSchemaFile),
  /** `text`: of the file. `preview`: only says what it would do. */
  'labels.import': method(
    z.object({ text: z.string().max(64_000_000), file: z.string().max(4096), mode: schemaImportMode, preview: z.boolean().default(false) }),
    schemaImportReport,
  ),
  'image-labels.set': method(z.object({ mediaIds: ids, labelId: id }), z.array(mediaLabel)),
  'image-labels.unset': method(z.object({ mediaIds: ids, labelId: id }), done),
  /** The image is of this class and no other. */
  'image-labels.choose': method(z.object({ mediaId: id, labelId: id }), done),
  /** Images with an accepted label of their own. */
  'image-labels.labelled': method(z.object({}).default({}), z.object({ ids: z.array(id) })),
  'image-labels.state': method(z.object({ ids, state: z.enum(['accepted', 'rejected']) }), done),
  'tags.add': method(z.object({ mediaIds: ids, tag }), done),
  'tags.remove': method(z.object({ mediaIds: ids, tag }), done),
  /** `before`: of each image in turn. */
  'splits.set': method(z.object({ mediaIds: ids, split: split.nullable(), before: z.array(split.nullable()).optional() }), done),
  'review.set': method(z.object({ mediaIds: ids, review: media.shape.review, before: z.array(media.shape.review).optional() }), done),
  /** All of it to all of them as one change, undone as one. */
  'media.edit': method(z.object({ mediaIds: ids, patch: mediaPatch }), done),
  /** The project's last change, or the image's; null where nothing is left. */
  'history.undo': method(ofImage, journalEntry.nullable()),
  'history.redo': method(ofImage, journalEntry.nullable()),
  'history.list': method(ofImage.extend({ before: id.optional(), limit: z.number().int().max(500).optional() }), z.array(journalEntry)),
}

export const annotationEvents = {
  /** By whatever window. `origin` is the connection that did it. Empty `mediaIds`: many, or the project as a whole. */
  'annotations.changed': z.object({ mediaIds: z.array(id), action: z.string(), origin: z.string().nullable() }),
}
