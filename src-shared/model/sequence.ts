/** Numbered images of one folder as the frames of a sequence, and what of a track a region is. */
import { z } from 'zod'

/**
 * `key`: as a person left it. `between`: worked out from the key frames around it, or held from the nearest. `end`: a key frame after
 * which the object is not seen, until the next key frame.
 */
export const frameKind = z.enum(['key', 'between', 'end'])
export type FrameKind = z.infer<typeof frameKind>

/** One object through the images of a sequence has one number, and one region on each image at most. */
export const trackId = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)
export const trackPlace = z.object({ id: trackId, frame: frameKind })
export type TrackPlace = z.infer<typeof trackPlace>

/** A sequence has at most so many frames; a longer list of numbered images is none. */
export const longestSequence = 100_000

/** Has the image's name a number at all? */
export const mayBeFrame = (path: string) => /\d[^/]*$/.test(path)

export interface Frame<T> {
  of: T
  /** From the first frame's on: what lies between two numbers is time. */
  number: number
}

/** Where a name has digits: what stands before and after them. */
function numbersIn(name: string): { before: string; after: string }[] {
  return [...name.matchAll(/\d+/g)].map((m) => ({ before: name.slice(0, m.index), after: name.slice(m.index + m[0].length) }))
}

/**
 * The images whose paths differ from this one in one number only, in the order of that number; of several such numbers that with the
 * most images, the last of them where they have as many. Null where there is no other. Of two images of one number the first counts.
 */
export function sequenceOf<T>(
  path: string,
  images: readonly T[],
  pathOf: (image: T) => string,
): { name: string; frames: Frame<T>[] } | null {
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  let best: { name: string; numbers: Map<bigint, T> } | null = null
  for (const { before, after } of numbersIn(path.slice(folder.length))) {
    const start = folder + before
    const numbers = new Map<bigint, T>()
    for (const image of images) {
      const other = pathOf(image)
      if (!other.startsWith(start) || !other.endsWith(after) || other.length <= start.length + after.length) continue
      const digits = other.slice(start.length, other.length - after.length)
      if (!/^\d+$/.test(digits)) continue
      const number = BigInt(digits)
      if (!numbers.has(number) || other === path) numbers.set(number, image)
    }
    if (numbers.size >= Math.max(2, best?.numbers.size ?? 0)) best = { name: `${start}#${after}`, numbers }
  }
  if (!best) return null
  const sorted = [...best.numbers].sort(([a], [b]) => (a < b ? -1 : 1))
  const first = sorted[0]![0]
  return { name: best.name, frames: sorted.map(([number, of]) => ({ of, number: Number(number - first) })) }
}

/** Attributes that carry a region's track in and out of formats, as CVAT writes them into COCO and Datumaro. */
export const trackAttributes = { id: 'track_id', key: 'keyframe', end: 'track_end' } as const
type Attributes = Record<string, string | number | boolean>

export const attributesOfTrack = ({ id, frame }: TrackPlace): Attributes => ({
  [trackAttributes.id]: id,
  [trackAttributes.key]: frame !== 'between',
  ...(frame === 'end' ? { [trackAttributes.end]: true } : {}),
})

/** Takes the track out of the attributes; null where they name none. */
export function trackOfAttributes(given: Attributes): { track: TrackPlace; rest: Attributes } | null {
  const { [trackAttributes.id]: id, [trackAttributes.key]: key, [trackAttributes.end]: end, ...rest } = given
  if (!trackId.safeParse(id).success || !(key === undefined || typeof key === 'boolean')) return null
  return { track: { id: id as number, frame: end === true ? 'end' : key === false ? 'between' : 'key' }, rest }
}
