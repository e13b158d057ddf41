/** Named states of the dataset. */
import { userError } from '#shared/errors.ts'
import { snapshot as snapshotSchema, snapshotName, type Snapshot, type SnapshotDiff } from '#shared/model/project.ts'
import { sentence } from '#shared/sentences/table.ts'
import { datasetHash } from '../../db/digest.ts'
import { mutate, position } from '../../db/journal.ts'
import { addSnapshot, dropSnapshot, snapshotNamed, snapshots } from '../../db/snapshots.ts'
import { diffStates, restoreState } from '../../db/states.ts'
import { trial } from '../../db/trial.ts'
import type { Project } from './project.ts'

/** Names the current state. */
export function takeSnapshot(project: Project, name: string): Snapshot {
  const { db, user } = project
  return db.transaction(() => {
    if (!snapshotName.safeParse(name).success) throw userError(sentence('snapshot.name'))
    const taken = snapshotSchema.safeParse({ name, seq: position(db), datasetHash: datasetHash(db), by: user, at: Date.now() })
    if (!taken.success) throw userError(sentence('snapshot.name'))
    if (snapshotNamed(db, name)) throw userError(sentence('snapshot.exists', { name }))
    const s = taken.data
    addSnapshot(db, s)
    return s
  })
}

export const listSnapshots = ({ db }: Project): Snapshot[] => snapshots(db)

export function removeSnapshot({ db }: Project, name: string): void {
  if (!dropSnapshot(db, name)) throw userError(sentence('snapshot.none', { name }))
}

function find({ db }: Project, name: string): Snapshot {
  const found = snapshotNamed(db, name)
  if (!found) throw userError(sentence('snapshot.none', { name }))
  return found
}

/** Changes from one snapshot to another, or to the current state. */
export const compareSnapshots = (project: Project, from: string, to?: string): SnapshotDiff =>
  diffStates(project.db, find(project, from).seq, to === undefined ? position(project.db) : find(project, to).seq)

/** The hash of the dataset as it was. */
export const snapshotHash = (project: Project, name: string): string => find(project, name).datasetHash

/** What `read` finds in the dataset as it was; the dataset stays as it is. */
export const asOfSnapshot = <T>(project: Project, name: string, read: () => T): T => {
  const { seq } = find(project, name)
  return trial(project.db, () => {
    mutate(project.db, project.user, `look at ${name}`, (edit) => restoreState(edit, seq))
    return read()
  })
}

/** Restores the dataset; later changes stay in the journal, and the restoration can be undone. */
export function restoreSnapshot(project: Project, name: string): void {
  const { seq } = find(project, name)
  mutate(project.db, project.user, `go back to ${name}`, (edit) => restoreState(edit, seq))
}
