/**
 * Tracks through a sequence of images. Every modifying method is one journal edit, which can be undone from any of
 * its images.
 */
import { z } from 'zod'
import { id } from '../model/media.ts'
import { trackId } from '../model/sequence.ts'
import { method } from './method.ts'

const done = z.null()
const ids = z
  .array(id)
  .min(1)
  .max(1000)
  .transform((given) => [...new Set(given)])
const place = z.number().int().nonnegative()

export const trackSpans = z.object({
  id: trackId,
  labelId: id.nullable(),
  /**
   * Visible from … to, both inclusive; key frames, of which `ends` are those after which it is not visible. Indices
   * into `frames`.
   */
  spans: z.array(z.tuple([place, place])),
  keys: z.array(place),
  ends: z.array(place),
})
export type TrackSpans = z.infer<typeof trackSpans>
export const trackList = z.object({
  /** The path with # in place of the number; empty if the image belongs to no sequence. */
  name: z.string(),
  /** Image ids in sequence order. */
  frames: z.array(id),
  tracks: z.array(trackSpans),
})
export type TrackList = z.infer<typeof trackList>

export const trackMethods = {
  /** `always`: return the sequence even if the project has no tracks. */
  'tracks.list': method(z.object({ mediaId: id, always: z.boolean().default(false) }), trackList),
  /** Starts or extends the regions' tracks up to an image, by default the sequence's last. */
  'tracks.make': method(z.object({ ids, through: id.optional() }), done),
  'tracks.key': method(z.object({ ids, key: z.boolean() }), done),
  'tracks.end': method(z.object({ ids, ended: z.boolean() }), done),
  'tracks.interpolate': method(z.object({ ids }), done),
  'tracks.remove': method(z.object({ ids }), done),
}
