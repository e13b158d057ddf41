/** Tracks as rows of regions: looked up by sequence, and interpolated between key frames. */
import { clipShape } from '#shared/geometry/shape.ts'
import { rleArea } from '#shared/geometry/rle.ts'
import { between, type Between } from '#shared/geometry/interpolate.ts'
import type { StoredRow } from '#shared/model/journal.ts'
import { longestSequence, mayBeFrame, sequenceOf, type FrameKind } from '#shared/model/sequence.ts'
import type { Shape } from '#shared/model/shape.ts'
import type { Database } from '../../db/database.ts'
import type { Edit } from '../../db/edit.ts'
import { toRegion } from '../../db/entities.ts'
import { imagePlace, imagesInFolder, type ImageSize } from '../../db/images.ts'
import { topZ } from '../../db/regions.ts'
import { regionsOfTrack } from '../../db/tracks.ts'

export interface Sequence {
  name: string
  frames: { of: ImageSize; number: number }[]
  /** Image id → its index in `frames`. */
  at: Map<number, number>
}

/** The numbered sequence that the image belongs to; null if there is none. */
export function sequenceAt(db: Database, mediaId: number): Sequence | null {
  const here = imagePlace(db, mediaId)
  if (!here || !mayBeFrame(here.path)) return null
  const images = imagesInFolder(db, here.root, here.path.slice(0, here.path.lastIndexOf('/') + 1), longestSequence + 1)
  if (images.length > longestSequence) return null
  const found = sequenceOf(here.path, images, (i) => i.path)
  return found && { ...found, at: new Map(found.frames.map((f, i) => [f.of.id, i])) }
}

/** A region of a track with its index in the sequence. */
export interface TrackRow {
  id: number
  at: number
  frame: FrameKind
  row: StoredRow
}

/** In sequence order. Of two regions on one image, which only another program could have written, the first is used. */
export function rowsOfTrack(db: Database, { at }: Sequence, track: number): TrackRow[] {
  const places = new Map<number, TrackRow>()
  for (const row of regionsOfTrack(db, track)) {
    const place = at.get(Number(row['media_id']))
    if (place === undefined || places.has(place)) continue
    places.set(place, { id: Number(row['id']), at: place, frame: row['frame'] as FrameKind, row })
  }
  return [...places.values()].sort((a, b) => a.at - b.at)
}

/**
 * The part of the shape inside the image; null if there is none, or for a mask of another size. An image of unknown
 * size accepts everything but masks.
 */
export function fitting(shape: Shape, { width, height }: { width: number | null; height: number | null }): Shape | null {
  if (shape.kind === 'mask') return shape.rle.size[0] === height && shape.rle.size[1] === width && rleArea(shape.rle) > 0 ? shape : null
  return width && height ? clipShape(shape, width, height) : shape
}

/**
 * Interpolates all regions between key frames, from the first region of the track to its last; before the first and
 * after the last key frame the region equals that key frame. Only differences are written.
 * @param author of new regions
 */
export function regenerate(edit: Edit, sequence: Sequence, track: number, author: string): void {
  const rows = rowsOfTrack(edit.db, sequence, track)
  if (rows.length === 0) return
  if (rows.every((r) => r.frame === 'between')) {
    rows[0]!.frame = 'key'
    edit.update('region', rows[0]!.id, { frame: 'key' })
  }
  const keys = rows.filter((r) => r.frame !== 'between')
  const byPlace = new Map(rows.map((r) => [r.at, r]))
  for (let i = -1; i < keys.length; i++) {
    const [before, after] = [keys[i], keys[i + 1]]
    const from = before ? before.at + 1 : rows[0]!.at
    const to = after ? after.at - 1 : rows.at(-1)!.at
    if (from > to) continue
    if (before?.frame === 'end') {
      for (let at = from; at <= to; at++) if (byPlace.has(at)) edit.remove('region', byPlace.get(at)!.id)
      continue
    }
    const way = new Way(sequence, before ?? null, after ?? null)
    for (let at = from; at <= to; at++) put(edit, sequence, track, author, way, at, byPlace.get(at))
  }
}

/** The motion between two key frames, or constant next to a single one. */
class Way {
  readonly key: TrackRow
  private readonly shape: Between
  /** Stored key frames are valid and image sizes rarely differ: between images of equal size nothing needs clipping. */
  private readonly texts = new Map<number, string>()

  constructor(
    private readonly sequence: Sequence,
    private readonly before: TrackRow | null,
    private readonly after: TrackRow | null,
  ) {
    this.key = before ?? after!
    const of = (r: TrackRow) => toRegion({ id: r.id, ...r.row }).shape
    const start = of(this.key)
    this.shape = before && after ? between(start, of(after)) : () => start
  }

  /** The shape in stored form; null if it is entirely outside the image. */
  textAt(at: number): string | null {
    const { frames } = this.sequence
    const image = frames[at]!.of
    const home = frames[this.key.at]!.of
    const t = this.before && this.after ? this.part(at) : 0
    const whole = this.texts.get(t) ?? null
    if (whole !== null && image.width === home.width && image.height === home.height) return whole
    const shape = this.shape(t)
    const fits = image.width === home.width && image.height === home.height ? shape : fitting(shape, image)
    const text = fits && JSON.stringify(fits)
    if (text !== null && fits === shape && t === 0) this.texts.set(t, text)
    return text
  }

  private part(at: number): number {
    const [from, to] = [this.sequence.frames[this.before!.at]!.number, this.sequence.frames[this.after!.at]!.number]
    return (this.sequence.frames[at]!.number - from) / (to - from)
  }
}

/** What an interpolated region inherits from the previous key frame, apart from its shape. */
const inherited = ['label_id', 'attributes', 'state', 'score'] as const

function put(edit: Edit, sequence: Sequence, track: number, author: string, way: Way, at: number, there?: TrackRow): void {
  const shape = way.textAt(at)
  if (shape === null) return void (there && edit.remove('region', there.id))
  const from = Object.fromEntries(inherited.map((c) => [c, way.key.row[c] ?? null]))
  if (there) {
    const { row } = there
    const patch = { ...from, score: row['score'] ?? null, shape }
    if (Object.entries(patch).some(([c, v]) => row[c] !== v)) edit.update('region', there.id, patch)
    return
  }
  insertBetween(edit, sequence, track, at, { ...from, score: null, author, shape })
}

/** Adds an interpolated region to the track, on top of the image's other regions. */
export function insertBetween(edit: Edit, { frames }: Sequence, track: number, at: number, row: StoredRow): void {
  const mediaId = frames[at]!.of.id
  const own = { media_id: mediaId, z: topZ(edit.db, mediaId), hidden: 0, locked: 0, source: null, track, frame: 'between' }
  edit.insert('region', { ...row, ...own })
}
