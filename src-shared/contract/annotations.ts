/** Annotations of images. Every modifying method is one edit in the journal. */
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
/** Deduplicated, so that repeating an id a million times costs no more than once. */
const ids = z
  .array(id)
  .min(1)
  .transform((given) => [...new Set(given)])
const ofImage = z.object({ mediaId: id.optional() })

/**
 * `before` holds the changed fields as the window last saw them. If somebody else has changed them since, nothing is
 * written and the error (fault `conflict`) contains both values.
 */
const captionFields = caption.omit({ id: true, mediaId: true })
const commentFields = comment.pick({ text: true, resolved: true })
const labelFields = label.omit({ id: true })

/** A region drawn by the client; its negative id is provisional until the answer brings the real one. */
const drawn = region.extend({ id: z.number().int() })
export const regionChange = z.object({ before: drawn.nullable(), after: drawn.nullable() })
export const regionEdit = z.object({ mediaId: id, action: text().min(1).max(200), changes: z.array(regionChange).min(1) })
export type RegionEditInput = z.infer<typeof regionEdit>

/** A change to several images; absent fields stay unchanged. */
export const mediaPatch = z
  .object({
    addLabels: z.array(id),
    removeLabels: z.array(id),
    addTags: z.array(tag),
    removeTags: z.array(tag),
    split: split.nullable(),
    review: media.shape.review,
    /** Set on every region. */
    regionLabel: id.nullable(),
    /** Changes the label of regions and image labels. */
    relabel: z.object({ from: id, to: id }),
    setAttributes: attributes,
    removeAttributes: z.array(text()),
  })
  .partial()
export type MediaPatch = z.infer<typeof mediaPatch>

export const annotationMethods = {
  'regions.apply': method(regionEdit, z.object({ saved: z.array(z.object({ temporary: z.number().int(), id })) })),
  'regions.state': method(z.object({ ids, state: annotationState, before: z.array(annotationState).optional() }), done),
  /** Accepts the proposals on these images with at least this score, as one undo step. */
  'proposals.accept': method(
    z.object({ mediaIds: ids, minScore: z.number().nullable().default(null) }),
    z.object({ regions: z.number().int(), labels: z.number().int(), images: z.array(id) }),
  ),
  /** Copies to the same position on each of the images, as one undo step. */
  'regions.copy': method(z.object({ ids, mediaIds: ids }), z.object({ regions: z.number().int(), images: z.array(id) })),
  'captions.add': method(caption.omit({ id: true, author: true, state: true }).extend({ text: captionText }), caption),
  'captions.update': method(
    z.object({ id, patch: captionFields.extend({ text: captionText }).partial(), before: captionFields.partial().optional() }),
    caption,
  ),
  'captions.remove': method(z.object({ id, before: captionFields.partial().optional() }), done),
  /** How much of each text fits into a model's context. */
  'captions.tokens': method(
    z.object({
      texts: z.array(z.string().max(20_000)).max(500),
      /** Folder; by default the bundled model. */ model: z.string().optional(),
    }),
    tokenCountsSchema,
  ),
  'comments.add': method(
    z.object({
      mediaId: id,
      regionId: id.nullable(),
      text: comment.shape.text,
      /** Position on the image; not needed for a region's comment. */
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
  /** `into`: moves its annotations to that label; otherwise they are removed too. */
  'labels.remove': method(z.object({ id, into: id.optional() }), done),
  /** A project-wide operation: preview it, or run it as one undo step. */
  'labels.preview': method(labelOperation, labelPreview),
  'labels.change': method(labelOperation, labelPreview),
  'labels.schema': method(z.object({}).default({}), labelSchemaFile),
  /** `text`: the file's content. `preview`: only report the changes. */
  'labels.import': method(
    z.object({ text: z.string().max(64_000_000), file: z.string().max(4096), mode: schemaImportMode, preview: z.boolean().default(false) }),
    schemaImportReport,
  ),
  'image-labels.set': method(z.object({ mediaIds: ids, labelId: id }), z.array(mediaLabel)),
  'image-labels.unset': method(z.object({ mediaIds: ids, labelId: id }), done),
  /** Makes this the image's only class. */
  'image-labels.choose': method(z.object({ mediaId: id, labelId: id }), done),
  /** Images with an accepted label of the whole image. */
  'image-labels.labelled': method(z.object({}).default({}), z.object({ ids: z.array(id) })),
  'image-labels.state': method(z.object({ ids, state: z.enum(['accepted', 'rejected']) }), done),
  'tags.add': method(z.object({ mediaIds: ids, tag }), done),
  'tags.remove': method(z.object({ mediaIds: ids, tag }), done),
  /** `before`: the previous split of each image, in the same order. */
  'splits.set': method(z.object({ mediaIds: ids, split: split.nullable(), before: z.array(split.nullable()).optional() }), done),
  'review.set': method(z.object({ mediaIds: ids, review: media.shape.review, before: z.array(media.shape.review).optional() }), done),
  /** Applies the whole patch to each image, as one undo step. */
  'media.edit': method(z.object({ mediaIds: ids, patch: mediaPatch }), done),
  /** Undoes the last change of the project or of the image; null if there is none. */
  'history.undo': method(ofImage, journalEntry.nullable()),
  'history.redo': method(ofImage, journalEntry.nullable()),
  'history.list': method(ofImage.extend({ before: id.optional(), limit: z.number().int().max(500).optional() }), z.array(journalEntry)),
}

export const annotationEvents = {
  /**
   * A change made in any window. `origin`: the connection that made it. Empty `mediaIds`: many images, or the whole
   * project.
   */
  'annotations.changed': z.object({ mediaIds: z.array(id), action: z.string(), origin: z.string().nullable() }),
}
