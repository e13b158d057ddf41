/**
 * Tracks: one object through a numbered sequence of images. Each call is one edit, undone as a whole from any image
 * it touched.
 */
import { shapeBox } from '#shared/geometry/box.ts'
import { userError } from '#shared/errors.ts'
import type { TrackList } from '#shared/contract/tracks.ts'
import type { StoredRow } from '#shared/model/journal.ts'
import type { Shape } from '#shared/model/shape.ts'
import { parseStored } from '#shared/model/text.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Database } from '../../db/database.ts'
import type { Edit } from '../../db/edit.ts'
import { authorText, toRegion } from '../../db/entities.ts'
import { imagePath } from '../../db/images.ts'
import { mutate } from '../../db/journal.ts'
import { freshTrack, hasTracks, standingRegions, trackPlaces, tracksOn } from '../../db/tracks.ts'
import type { Project } from '../projects/project.ts'
import { removeRegionsIn } from './regions.ts'
import { insertBetween, regenerate, rowsOfTrack, sequenceAt, type Sequence } from './track-rows.ts'

interface Picked {
  id: number
  row: StoredRow
  sequence: Sequence
  /** Index in the sequence. */
  at: number
}

/** Runs an edit of tracks; those that `body` yields are interpolated again. */
function editTracks(
  project: Project,
  action: string,
  ids: readonly number[],
  body: (edit: Edit, picked: Picked[]) => Iterable<Touched>,
): void {
  mutate(project.db, project.user, action, (edit) => {
    const known = new Map<number, Sequence>()
    const picked = ids.map((id) => pick(edit, id, known))
    const author = authorText({ kind: 'person', name: project.user })
    for (const { sequence, track } of body(edit, picked)) regenerate(edit, sequence, track, author)
    edit.whole = true
  })
}
interface Touched {
  sequence: Sequence
  track: number
}

function pick(edit: Edit, id: number, known: Map<number, Sequence>): Picked {
  const row = edit.row('region', id)
  if (!row) throw userError(sentence('region.gone', { id }))
  const mediaId = Number(row['media_id'])
  let sequence = known.get(mediaId)
  if (!sequence) {
    const found = sequenceAt(edit.db, mediaId)
    if (!found) throw userError(sentence('track.no-sequence', { image: pathOf(edit.db, mediaId) }))
    known.set(mediaId, (sequence = found))
  }
  return { id, row, sequence, at: sequence.at.get(mediaId)! }
}

const pathOf = (db: Database, mediaId: number) => imagePath(db, mediaId) ?? `image ${mediaId}`
const trackOf = ({ row }: Picked): number | null => (row['track'] == null ? null : Number(row['track']))

function tracked(picked: Picked): Touched & { id: number } {
  const track = trackOf(picked)
  if (track === null) throw userError(sentence('track.none', { id: picked.id }))
  return { sequence: picked.sequence, track, id: picked.id }
}

/**
 * Starts a track at each region, or extends its track, up to the image `through` (by default the sequence's last). An
 * end before that image is removed.
 */
export function makeTracks(project: Project, ids: readonly number[], through?: number): void {
  editTracks(project, 'track region', ids, function* (edit, picked) {
    for (const p of picked) {
      const { sequence, at } = p
      const last = through === undefined ? sequence.frames.length - 1 : sequence.at.get(through)
      if (last === undefined) throw userError(sentence('track.other-sequence', { image: pathOf(edit.db, through!), id: p.id }))
      const track = trackOf(p) ?? freshTrack(edit.db)
      if (trackOf(p) === null) edit.update('region', p.id, { track, frame: 'key' })
      const rows = rowsOfTrack(edit.db, sequence, track)
      const nearest = last >= at ? rows.findLast((r) => r.at <= last)! : rows.find((r) => r.at >= last)!
      if (last > at && nearest.at < last && nearest.frame === 'end') edit.update('region', nearest.id, { frame: 'key' })
      // A temporary region on the last image marks the track's extent.
      if (nearest.at !== last) insertBetween(edit, sequence, track, last, nearest.row)
      yield { sequence, track }
    }
  })
}

/** Turns regions into key frames, or back into interpolated ones. */
export function setKeyFrames(project: Project, ids: readonly number[], key: boolean): void {
  editTracks(project, key ? 'add key frame' : 'remove key frame', ids, function* (edit, picked) {
    for (const t of picked.map(tracked)) {
      const rows = rowsOfTrack(edit.db, t.sequence, t.track)
      const now = edit.row('region', t.id)!['frame']
      if (!key && now !== 'between' && rows.filter((r) => r.frame !== 'between').length < 2)
        throw userError(sentence('track.only-key-frame', { id: t.id, track: t.track }))
      if (key !== (now !== 'between')) edit.update('region', t.id, { frame: key ? 'key' : 'between' })
      yield t
    }
  })
}

/** Marks the object as not visible after these images until its next key frame; `ended` false removes the mark. */
export function endTracks(project: Project, ids: readonly number[], ended: boolean): void {
  editTracks(project, ended ? 'end track' : 'go on with track', ids, function* (edit, picked) {
    for (const t of picked.map(tracked)) {
      const frame = edit.row('region', t.id)!['frame']
      if (ended !== (frame === 'end')) edit.update('region', t.id, { frame: ended ? 'end' : 'key' })
      yield t
    }
  })
}

/**
 * Turns each region into a key frame of the nearest track, or of a new track with the nearest untracked region.
 * Nearest: of the same label and kind, on the closest earlier image that has one (else a later one), and at the
 * closest position there. For a region that already belongs to a track, the track is interpolated again.
 */
export function interpolateRegions(project: Project, ids: readonly number[]): void {
  editTracks(project, 'interpolate', ids, function* (edit, picked) {
    for (const p of picked) {
      const own = trackOf(p)
      if (own !== null) {
        yield tracked(p)
        continue
      }
      const other = nearestAlike(edit.db, p)
      if (!other) throw userError(sentence('track.none-alike', { id: p.id }))
      const track = other.track ?? freshTrack(edit.db)
      edit.update('region', other.id, {
        track,
        ...(other.frame === null || (other.frame === 'end' && other.at < p.at) ? { frame: 'key' } : {}),
      })
      edit.update('region', p.id, { track, frame: 'key' })
      yield { sequence: p.sequence, track }
    }
  })
}

const centreOf = (shape: Shape) => {
  const { x, y, w, h } = shapeBox(shape)
  return { x: x + w / 2, y: y + h / 2 }
}
const sameKind = (a: Shape, b: Shape) => a.kind === b.kind || (/box$/.test(a.kind) && /box$/.test(b.kind))

function nearestAlike(db: Database, { id, row, sequence, at }: Picked) {
  const here = toRegion({ id, ...row }).shape
  const centre = centreOf(here)
  const taken = new Set(tracksOn(db, Number(row['media_id'])))
  const order = [
    ...Array.from({ length: at }, (_, i) => at - 1 - i),
    ...Array.from({ length: sequence.frames.length - at - 1 }, (_, i) => at + 1 + i),
  ]
  for (const place of order) {
    const found = standingRegions(db, sequence.frames[place]!.of.id, (row['label_id'] ?? null) as number | null)
      .map((r) => ({ r, shape: parseStored(String(r['shape'])) as Shape }))
      .filter(({ r, shape }) => sameKind(shape, here) && (r['track'] === null || !taken.has(Number(r['track']))))
      .map(({ r, shape }) => ({ r, far: Math.hypot(centreOf(shape).x - centre.x, centreOf(shape).y - centre.y) }))
      .sort((a, b) => a.far - b.far)[0]?.r
    if (found)
      return {
        id: Number(found['id']),
        at: place,
        track: found['track'] === null ? null : Number(found['track']),
        frame: found['frame'] as string | null,
      }
  }
  return null
}

/** Removes all regions of the tracks that these belong to. */
export function removeTracks(project: Project, ids: readonly number[]): void {
  editTracks(project, 'remove track', ids, (edit, picked) => {
    const gone = new Set(picked.map(tracked).flatMap((t) => rowsOfTrack(edit.db, t.sequence, t.track).map((r) => r.id)))
    removeRegionsIn(edit, [...gone])
    return []
  })
}

/** The tracks of an image's sequence, by index. @param always return the sequence even if the project has no tracks */
export function listTracks({ db }: Project, mediaId: number, always: boolean): TrackList {
  const any = hasTracks(db)
  const sequence = any || always ? sequenceAt(db, mediaId) : null
  if (!sequence) return { name: '', frames: [], tracks: [] }
  const places = new Map<number, { label: number | null; at: Map<number, string> }>()
  if (any)
    for (const r of trackPlaces(db)) {
      const at = sequence.at.get(Number(r['media_id']))
      if (at === undefined) continue
      const track = Number(r['track'])
      let one = places.get(track)
      if (!one) places.set(track, (one = { label: r['label_id'] === null ? null : Number(r['label_id']), at: new Map() }))
      one.at.set(at, String(r['frame']))
    }
  return {
    name: sequence.name,
    frames: sequence.frames.map((f) => f.of.id),
    tracks: [...places].map(([id, { label, at }]) => ({ id, labelId: label, ...runsOf(at) })),
  }
}

function runsOf(at: ReadonlyMap<number, string>): { spans: [number, number][]; keys: number[]; ends: number[] } {
  const sorted = [...at.keys()].sort((a, b) => a - b)
  const spans: [number, number][] = []
  for (const place of sorted) {
    const last = spans.at(-1)
    if (last && last[1] === place - 1) last[1] = place
    else spans.push([place, place])
  }
  return { spans, keys: sorted.filter((p) => at.get(p) !== 'between'), ends: sorted.filter((p) => at.get(p) === 'end') }
}
