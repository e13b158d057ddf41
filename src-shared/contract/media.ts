/** Images and their facts. Pixels are fetched by URL, see `urls.ts`. */
import { z } from 'zod'
import { caption } from '../model/caption.ts'
import { comment, id, media, mediaLabel } from '../model/media.ts'
import { mediaFilter } from '../model/project.ts'
import { region } from '../model/region.ts'
import { checkedFiles, facets, type CheckedFiles, type Facets } from '../model/facets.ts'
import { method } from './method.ts'

export { checkedFiles, facets, type CheckedFiles, type Facets }

/** What a thumbnail shows besides the image. */
export const mediaRow = media
  .pick({ id: true, path: true, width: true, height: true, split: true, review: true, duplicateGroup: true })
  .extend({
    regions: z.number().int(),
    captions: z.number().int(),
    proposed: z.number().int(),
    /** Accepted labels of the image and of its regions, without repetition. */
    labelIds: z.array(id),
    /** One of its regions lacks a required attribute. */
    incomplete: z.boolean(),
    /** Why its file cannot be decoded, if known. */
    problem: z.string().nullable(),
  })
export type MediaRow = z.infer<typeof mediaRow>

export const mediaSort = z.object({ by: z.enum(['id', 'path', 'regions', 'size']), descending: z.boolean() })
export type MediaSort = z.infer<typeof mediaSort>

export const imageContent = z.object({
  media,
  regions: z.array(region),
  labels: z.array(mediaLabel),
  captions: z.array(caption),
  tags: z.array(z.string()),
  comments: z.array(comment),
})
export type ImageContent = z.infer<typeof imageContent>

export const mediaMethods = {
  /** Ids of all images that pass the filter, in order. */
  'media.ids': method(
    z.object({
      filter: mediaFilter,
      sort: mediaSort,
      /** At most this many, where that is faster. */ first: z.number().int().positive().optional(),
    }),
    z.object({ ids: z.array(z.number()), more: z.boolean() }),
  ),
  /** In the order of `ids`, without removed images. */
  'media.rows': method(z.object({ ids: z.array(id).max(1000) }), z.array(mediaRow)),
  /** Each count is the number of images that choosing the value, together with the other filters, would show. */
  'media.facets': method(z.object({ filter: mediaFilter.default({}), exact: z.boolean().default(false) }).prefault({}), facets),
  /** The paths of the image folders. */
  'media.roots': method(z.object({}).default({}), z.array(z.object({ id, folder: z.string() }))),
  /** Unreadable images with the reason: the first thousand by path. */
  'media.unreadable': method(z.object({}).default({}), z.array(z.object({ id, path: z.string(), problem: z.string() }))),
  /** Checks unreadable and never-checked files; the job's result is a `checkedFiles`. */
  'media.check': method(z.object({}).default({}), z.object({ jobId: z.string() })),
  /** Determines the image's size first if it is unknown. */
  'media.content': method(z.object({ id }), imageContent),
  'media.remove': method(
    z.object({
      ids: z
        .array(id)
        .min(1)
        .transform((given) => [...new Set(given)]),
    }),
    z.null(),
  ),
}
