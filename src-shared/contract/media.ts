/** Images: which there are, what is known of each. Their pixels travel by URL, see `urls.ts`. */
import { z } from 'zod'
import { caption } from '../model/caption.ts'
import { comment, id, media, mediaLabel } from '../model/media.ts'
import { mediaFilter } from '../model/project.ts'
import { region } from '../model/region.ts'
import { method } from './method.ts'

/** What a thumbnail shows beside the picture. */
export const mediaRow = media.pick({ id: true, path: true, width: true, height: true, split: true, review: true, duplicateGroup: true }).extend({
  regions: z.number().int(),
  captions: z.number().int(),
  proposed: z.number().int(),
  /** Accepted labels of the image and of its regions, each once. */
  labelIds: z.array(id),
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

const count = z.number().int()
const counted = z.array(z.object({ value: z.string().nullable(), count }))
export const facets = z.object({
  total: count,
  labelled: count,
  unlabelled: count,
  /** Images by label id. */
  labels: z.array(z.object({ labelId: id, count })),
  splits: counted,
  review: counted,
  tags: counted,
  /** Persons' names and checkpoints' ids. */
  authors: z.array(z.object({ kind: z.enum(['person', 'checkpoint']), name: z.string(), count })),
  proposed: count,
  duplicates: count,
})
export type Facets = z.infer<typeof facets>

export const mediaMethods = {
  /** All that the filter lets through, in order. */
  'media.ids': method(z.object({ filter: mediaFilter, sort: mediaSort }), z.object({ ids: z.array(z.number()) })),
  /** In the order asked for; images that are gone are left out. */
  'media.rows': method(z.object({ ids: z.array(id).max(1000) }), z.array(mediaRow)),
  'media.facets': method(z.object({}).default({}), facets),
  /** Its size is found out first where it was not known. */
  'media.content': method(z.object({ id }), imageContent),
  'media.remove': method(z.object({ ids: z.array(id).min(1).transform((given) => [...new Set(given)]) }), z.null()),
}
