/** Updates tracks after an edit of regions, within the same edit, so that one undo reverts all of it. */
import type { StoredRow } from '#shared/model/journal.ts'
import type { Edit } from '../../db/edit.ts'
import { authorText } from '../../db/entities.ts'
import { mutate } from '../../db/journal.ts'
import { decidedFrames } from '../../db/tracks.ts'
import type { Project } from '../projects/project.ts'
import { regenerate, rowsOfTrack, sequenceAt, type Sequence, type TrackRow } from './track-rows.ts'

/** Like `mutate`, and then updates the tracks of changed regions. */
export const mutateRegions = <T>(project: Project, action: string, body: (edit: Edit) => T): T =>
  mutate(project.db, project.user, action, (edit) => {
    const result = body(edit)
    followTracks(edit, project.user)
    return result
  })

/** Changing one of these columns turns an interpolated region into a key frame. */
const decided = ['shape', 'attributes', 'state'] as const

interface Affected {
  sequence: Sequence
  track: number
  /** Positions from which a region was removed → its kind of frame. */
  removed: Map<number, string>
  label?: StoredRow[string]
}

/**
 * - A changed interpolated region becomes a key frame.
 * - A new label applies to the whole track.
 * - Removing an image's region means that the object is not visible there: the track ends before it and resumes after
 * it.
 */
export function followTracks(edit: Edit, user: string): void {
  const changes = edit.tracked.splice(0)
  if (changes.length === 0) return
  const affected = new Map<string, Affected>()
  const sequenceOf = sequencesOf(edit)
  const of = (row: StoredRow): Affected | null => {
    const sequence = sequenceOf(Number(row['media_id']))
    const track = row['track'] ?? null
    if (!sequence || track === null) return null
    const key = `${track} ${sequence.frames[0]!.of.id}`
    let one = affected.get(key)
    if (!one) affected.set(key, (one = { sequence, track: Number(track), removed: new Map() }))
    return one
  }
  for (const { id, before, after } of changes) {
    const one = of((after ?? before)!)
    if (before && after && before['track'] !== after['track']) of(before)
    if (!one || !before) continue
    if (!after) one.removed.set(one.sequence.at.get(Number(before['media_id']))!, String(before['frame']))
    else if (before['track'] === after['track']) {
      if (before['label_id'] !== after['label_id']) one.label = after['label_id'] ?? null
      const now = edit.row('region', id)
      if (now?.['frame'] === 'between' && before['frame'] === 'between' && decided.some((c) => before[c] !== after[c]))
        edit.update('region', id, { frame: 'key' })
    }
  }
  const author = authorText({ kind: 'person', name: user })
  for (const { sequence, track, removed, label } of affected.values()) {
    const rows = rowsOfTrack(edit.db, sequence, track)
    if (label !== undefined) for (const r of rows) edit.update('region', r.id, { label_id: label })
    close(edit, rows, removed)
    regenerate(edit, sequence, track, author)
    edit.whole = true
  }
  edit.tracked.length = 0
}

/** Turns the regions next to each removed one into key frames, so that everything else stays in place. */
function close(edit: Edit, rows: readonly TrackRow[], removed: ReadonlyMap<number, string>): void {
  for (const at of removed.keys()) {
    const before = rows.findLast((r) => r.at < at)
    const after = rows.find((r) => r.at > at)
    const mark = (r: TrackRow, frame: 'key' | 'end') => {
      if (r.frame === 'end' || r.frame === frame) return
      edit.update('region', r.id, { frame })
      r.frame = frame
    }
    if (before) mark(before, after ? 'end' : 'key')
    if (after) mark(after, 'key')
  }
}

/** Called before images are removed from the project: the preceding frame inherits their information about a track. */
export function handOverTracks(edit: Edit, mediaIds: readonly number[]): void {
  const gone = new Set(mediaIds)
  const known = new Map<string, { sequence: Sequence; left: TrackRow[] }>()
  const sequenceOf = sequencesOf(edit)
  for (const mediaId of mediaIds) {
    const told = decidedFrames(edit.db, mediaId)
    const sequence = told.length ? sequenceOf(mediaId) : null
    for (const { track, frame } of sequence ? told : []) {
      const key = `${track} ${sequence!.frames[0]!.of.id}`
      let one = known.get(key)
      if (!one) {
        const left = rowsOfTrack(edit.db, sequence!, Number(track)).filter((r) => !gone.has(sequence!.frames[r.at]!.of.id))
        known.set(key, (one = { sequence: sequence!, left }))
      }
      const before = one.left.findLast((r) => r.at < sequence!.at.get(mediaId)!)
      if (!before || (before.frame !== 'between' && frame !== 'end') || before.frame === frame) continue
      edit.update('region', before.id, { frame: frame! })
      before.frame = frame as TrackRow['frame']
    }
  }
  edit.tracked.length = 0
}

/** Caches sequences, whichever of their images is looked up. */
export function sequencesOf(edit: Edit): (mediaId: number) => Sequence | null {
  const known = new Map<number, Sequence | null>()
  return (mediaId) => {
    let found = known.get(mediaId)
    if (found === undefined) {
      found = sequenceAt(edit.db, mediaId)
      known.set(mediaId, found)
      for (const { of } of found?.frames ?? []) known.set(of.id, found)
    }
    return found
  }
}
