/** Review: images in a fixed order, and the progress of reviews and comments. */
import { z } from 'zod'
import { queuedProposal, reviewOrder, uncertaintySchema } from '../model/review.ts'
import { id, reviewState } from '../model/media.ts'
import { mediaFilter } from '../model/project.ts'
import { method } from './method.ts'

const count = z.number().int().nonnegative()

export const reviewMethods = {
  /** All images that pass the filter, in an order determined by images, order and seed. */
  'review.order': method(
    z.object({
      filter: mediaFilter.default({}),
      order: reviewOrder.default('path'),
      seed: z
        .number()
        .int()
        .min(0)
        .max(2 ** 31)
        .default(0),
      /** Of the order `uncertain`. */
      by: uncertaintySchema.prefault({}),
    }),
    z.object({ ids: z.array(z.number()) }),
  ),
  /** The open proposals of models on images that pass the filter, least certain first. */
  'review.proposals': method(
    z.object({
      filter: mediaFilter.default({}),
      by: uncertaintySchema.prefault({}),
      offset: count.default(0),
      limit: z.number().int().min(1).max(1000).default(200),
    }),
    z.object({ total: count, proposals: z.array(queuedProposal) }),
  ),
  'review.standing': method(
    z.object({}).default({}),
    z.object({
      states: z.record(reviewState, count),
      /** Who set the current states; null: not recorded, as in earlier versions. */
      by: z.array(z.object({ name: z.string().nullable(), approved: count, rejected: count, last: z.number().int().nullable() })),
      /** Number of images with open comments, and number of open comments. */
      comments: z.object({ images: count, open: count }),
    }),
  ),
  /** Open comments without replies, in image id order. */
  'comments.open': method(z.object({}).default({}), z.array(z.object({ id, mediaId: id }))),
}
