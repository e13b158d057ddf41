import type { RegionChange, RegionEdit, RegionId } from './types.ts'

export const changedId = (change: RegionChange): RegionId => (change.after ?? change.before)!.id

/** The inverse of an edit, with the changes in reverse order. */
export const invertEdit = (edit: RegionEdit): RegionEdit => ({
  action: edit.action,
  changes: edit.changes.map(({ before, after }) => ({ before: after, after: before })).reverse(),
})

/** A new region has no track yet, and an interpolated one becomes a key frame once changed. The application applies the same rule. */
export function asTracked(change: RegionChange): RegionChange {
  const { before, after } = change
  if (!after?.track) return change
  if (!before) {
    const { track: _, ...own } = after
    return { before, after: own }
  }
  const decided = before.shape !== after.shape || before.attributes !== after.attributes || before.state !== after.state
  return after.track.frame === 'between' && decided ? { before, after: { ...after, track: { ...after.track, frame: 'key' } } } : change
}
