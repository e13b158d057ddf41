/** Track edits made on the canvas; each is one change and is undone with those of the open image. */
import type { Input } from '#shared/contract.ts'
import { call, outbox } from '../rpc/index.ts'
import { useOpenImage } from '../stores/open-image.ts'
import { useSequence } from '../stores/sequence.ts'

/** The selected regions, after they have been saved. */
async function chosen(): Promise<number[]> {
  await outbox.empty()
  return [...useOpenImage().editor.selection]
}

export async function changeTracks<M extends 'tracks.key' | 'tracks.end' | 'tracks.make' | 'tracks.interpolate' | 'tracks.remove'>(
  method: M,
  more: Omit<Input<M>, 'ids'>,
): Promise<void> {
  const ids = await chosen()
  if (ids.length) await call(method, { ids, ...more } as Input<M>)
}

/** Selected regions that are part of a track. */
export const selectedTracked = () => useOpenImage().selected.filter((r) => r.track)

/** Tracks the selection through the next `images` frames of the sequence; Infinity means to the end. */
export async function trackOnward(images: number): Promise<void> {
  const [openImage, sequence] = [useOpenImage(), useSequence()]
  if (images === Infinity) return changeTracks('tracks.make', {})
  // The sequence is not loaded while it has no tracks.
  const frames = sequence.at >= 0 ? sequence.list.frames : (await call('tracks.list', { mediaId: openImage.mediaId!, always: true })).frames
  const through = frames[Math.min(frames.indexOf(openImage.mediaId!) + images, frames.length - 1)]
  await changeTracks('tracks.make', through === undefined ? {} : { through })
}
