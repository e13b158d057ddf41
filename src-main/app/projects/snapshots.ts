/** Named states of the dataset. */
import { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { snapshot as snapshotSchema, snapshotName, type Snapshot, type SnapshotDiff } from '#shared/model/project.ts'
import { datasetHash } from '../../db/digest.ts'
import { mutate, position } from '../../db/journal.ts'
import { diffStates, restoreState } from '../../db/states.ts'
import type { Project } from './project.ts'

const select = 'SELECT name, seq, dataset_hash AS datasetHash, by_name AS "by", at FROM snapshot'

/** Names the present state. */
export function takeSnapshot(project: Project, name: string): Snapshot {
  const { db, user } = project
  return db.transaction(() => {
    if (!snapshotName.safeParse(name).success)
      throw userError('a snapshot needs a name of 1 to 200 characters, none of them a NUL or half of one')
    const taken = snapshotSchema.safeParse({ name, seq: position(db), datasetHash: datasetHash(db), by: user, at: Date.now() })
    if (!taken.success) throw userError('a snapshot needs a name of 1 to 200 characters')
    if (db.value('SELECT 1 FROM snapshot WHERE name = ?', name)) throw userError(`a snapshot named ${name} exists already`)
    const s = taken.data
    db.run('INSERT INTO snapshot (name, seq, dataset_hash, by_name, at) VALUES (?, ?, ?, ?, ?)', s.name, s.seq, s.datasetHash, s.by, s.at)
    return s
  })
}

export const listSnapshots = ({ db }: Project): Snapshot[] => z.array(snapshotSchema).parse(db.all(`${select} ORDER BY seq, name`))

export function removeSnapshot({ db }: Project, name: string): void {
  if (db.transaction(() => db.run('DELETE FROM snapshot WHERE name = ?', name).changes) === 0)
    throw userError(`no snapshot is named ${name}`)
}

function find({ db }: Project, name: string): Snapshot {
  const row = db.get(`${select} WHERE name = ?`, name)
  if (!row) throw userError(`no snapshot is named ${name}`)
  return snapshotSchema.parse(row)
}

/** What changed from one snapshot to another, or to now. */
export const compareSnapshots = (project: Project, from: string, to?: string): SnapshotDiff =>
  diffStates(project.db, find(project, from).seq, to === undefined ? position(project.db) : find(project, to).seq)

/** Makes the dataset what it was; what came after stays in the journal, and going back can itself be undone. */
export function restoreSnapshot(project: Project, name: string): void {
  const { seq } = find(project, name)
  mutate(project.db, project.user, `go back to ${name}`, (edit) => restoreState(edit, seq))
}
