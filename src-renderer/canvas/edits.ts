import type { RegionChange, RegionEdit, RegionId } from './types.ts'

export const changedId = (change: RegionChange): RegionId => (change.after ?? change.before)!.id

/** What takes an edit back, last change first. */
export const invertEdit = (edit: RegionEdit): RegionEdit => ({
  action: edit.action,
  changes: edit.changes.map(({ before, after }) => ({ before: after, after: before })).reverse(),
})
