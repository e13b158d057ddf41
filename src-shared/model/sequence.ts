/** Numbered images of one folder as the frames of a sequence, and a region's part in a track. */
import { z } from 'zod'

/**
 * `key`: set by a person. `between`: interpolated from the surrounding key frames, or held from the nearest. `end`: a
 * key frame after which the object is not visible until the next key frame.
 */
export const frameKind = z.enum(['key', 'between', 'end'])
export type FrameKind = z.infer<typeof frameKind>

/** An object that is tracked through a sequence has one number, and at most one region on each image. */
export const trackId = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)
export const trackPlace = z.object({ id: trackId, frame: frameKind })
export type TrackPlace = z.infer<typeof trackPlace>

/** Maximum length of a sequence; a longer list of numbered images is not treated as one. */
export const longestSequence = 100_000

/** Whether the image's name contains a number at all. */
export const mayBeFrame = (path: string) => /\d[^/]*$/.test(path)

export interface Frame<T> {
  of: T
  /** The number in the name, which serves as time between frames. */
  number: number
}

/** The parts of a name before and after a run of digits. */
function numbersIn(name: string): { before: string; after: string }[] {
  return [...name.matchAll(/\d+/g)].map((m) => ({ before: name.slice(0, m.index), after: name.slice(m.index + m[0].length) }))
}

/**
 * The images whose paths differ from this one in exactly one number, in the order of that number. Of several such
 * numbers the one with the most images is used, on ties the last; of two images with one number the first. Null if
 * there is no other image.
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

/** Attributes that represent a region's track in formats, as written by CVAT for COCO and Datumaro. */
export const trackAttributes = { id: 'track_id', key: 'keyframe', end: 'track_end' } as const
type Attributes = Record<string, string | number | boolean>

export const attributesOfTrack = ({ id, frame }: TrackPlace): Attributes => ({
  [trackAttributes.id]: id,
  [trackAttributes.key]: frame !== 'between',
  ...(frame === 'end' ? { [trackAttributes.end]: true } : {}),
})

/** Separates the track from the attributes; null if there is none. */
export function trackOfAttributes(given: Attributes): { track: TrackPlace; rest: Attributes } | null {
  const { [trackAttributes.id]: id, [trackAttributes.key]: key, [trackAttributes.end]: end, ...rest } = given
  if (!trackId.safeParse(id).success || !(key === undefined || typeof key === 'boolean')) return null
  return { track: { id: id as number, frame: end === true ? 'end' : key === false ? 'between' : 'key' }, rest }
}
