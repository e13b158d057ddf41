/** What is done to tracks from the canvas: each one edit, whose undo is that of the open image. */
import type { Input } from '#shared/contract.ts'
import { call, outbox } from '../rpc/index.ts'
import { useOpenImage } from '../stores/open-image.ts'
import { useGallery } from '../stores/gallery.ts'
import { useSequence } from '../stores/sequence.ts'
import { useToasts } from '../stores/toasts.ts'

/** The regions in the hand, saved by now. */
async function chosen(): Promise<number[]> {
  await outbox.empty()
  return [...useOpenImage().editor.selection]
}

const failing = (promise: Promise<unknown>) =>
  void promise.catch((e: unknown) => useToasts().error(e instanceof Error ? e.message : String(e)))

async function change<M extends 'tracks.key' | 'tracks.end' | 'tracks.make' | 'tracks.interpolate' | 'tracks.remove'>(
  method: M,
  more: Omit<Input<M>, 'ids'>,
): Promise<void> {
  const ids = await chosen()
  if (ids.length) await call(method, { ids, ...more } as Input<M>)
}

const hand = () => useOpenImage().selected.filter((r) => r.track)

/** So many images on in the order of the sequence; all: to its end. */
export async function trackOnward(images: number): Promise<void> {
  const [openImage, sequence] = [useOpenImage(), useSequence()]
  if (images === Infinity) return change('tracks.make', {})
  // The sequence is looked up where the project had no track yet.
  const frames = sequence.at >= 0 ? sequence.list.frames : (await call('tracks.list', { mediaId: openImage.mediaId!, always: true })).frames
  const through = frames[Math.min(frames.indexOf(openImage.mediaId!) + images, frames.length - 1)]
  await change('tracks.make', through === undefined ? {} : { through })
}

export interface TrackAction {
  id: string
  available: () => boolean
  run: () => void
}

/** For the registry. */
export function trackActions(labelling: () => boolean): TrackAction[] {
  const [openImage, gallery, sequence] = [useOpenImage(), useGallery(), useSequence()]
  const some = () => labelling() && openImage.selected.length > 0 && gallery.ids.length > 1
  const tracked = () => labelling() && hand().length > 0
  const keyed = () => labelling() && sequence.at >= 0 && sequence.list.tracks.length > 0
  return [
    { id: 'track-make', available: some, run: () => failing(trackOnward(Infinity)) },
    {
      id: 'track-key',
      available: tracked,
      run: () => failing(change('tracks.key', { key: hand().some((r) => r.track!.frame === 'between') })),
    },
    {
      id: 'track-end',
      available: tracked,
      run: () => failing(change('tracks.end', { ended: hand().some((r) => r.track!.frame !== 'end') })),
    },
    { id: 'track-interpolate', available: some, run: () => failing(change('tracks.interpolate', {})) },
    { id: 'track-remove', available: tracked, run: () => failing(change('tracks.remove', {})) },
    { id: 'previous-key', available: keyed, run: () => failing(sequence.toKeyFrame(-1)) },
    { id: 'next-key', available: keyed, run: () => failing(sequence.toKeyFrame(1)) },
    { id: 'toggle-timeline', available: labelling, run: () => sequence.toggle() },
  ]
}
