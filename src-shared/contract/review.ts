/** Reviewing: images in a fixed order, and where reviews and comments stand. */
import { z } from 'zod'
import { reviewOrder } from '../model/review.ts'
import { id, reviewState } from '../model/media.ts'
import { mediaFilter } from '../model/project.ts'
import { method } from './method.ts'

const count = z.number().int().nonnegative()

export const reviewMethods = {
  /** All that the filter lets through, in that order: the same one for the same images, order and seed. */
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
    }),
    z.object({ ids: z.array(z.number()) }),
  ),
  'review.standing': method(
    z.object({}).default({}),
    z.object({
      states: z.record(reviewState, count),
      /** Who set the states that images have now; null: nobody knows, as before names were kept. */
      by: z.array(z.object({ name: z.string().nullable(), approved: count, rejected: count, last: z.number().int().nullable() })),
      /** Images with comments that are open, and those comments. */
      comments: z.object({ images: count, open: count }),
    }),
  ),
  /** Comments that are open, replies apart, in the order of images by id. */
  'comments.open': method(z.object({}).default({}), z.array(z.object({ id, mediaId: id }))),
}
