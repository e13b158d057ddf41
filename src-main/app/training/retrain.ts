/** Training once more, on what was labelled since. */
import { userError } from '#shared/errors.ts'
import { snapshotName } from '#shared/model/project.ts'
import { sentence } from '#shared/sentences/table.ts'
import { dividedRows } from '../../db/curated.ts'
import { singleLabels } from '../../db/image-labels.ts'
import { setSplit } from '../annotations/index.ts'
import { getRun, listSnapshots, type Project, takeSnapshot } from '../projects/index.ts'
import { nameOf, ownName } from './names.ts'
import { requestOf, type TrainRequest } from './train.ts'

export interface Retraining {
  readonly request: TrainRequest & { readonly name: string }
  readonly snapshot: string
  /** Images that were in no split and are in `train` now. */
  readonly joined: number
}

/**
 * Prepares a training with the settings of this run: images of `queue` that are labelled but in no split join `train` unless a
 * near-copy is in another split, and the state is named by a snapshot. The request's name is free.
 * @throws a user error if the run is no training
 */
export function prepareRetraining(project: Project, runId: string, queue: readonly number[]): Retraining {
  const run = getRun(project, runId)
  if (run.kind !== 'train') throw userError(sentence('run.not-training'))
  const { name: _, ...request } = requestOf(run)
  const name = ownName(project, nameOf(run).replace(/ \d+$/, ''))
  const joining = newlyLabelled(project, new Set(queue))
  if (joining.length) setSplit(project, joining, 'train')
  return { request: { ...request, name }, snapshot: snapshotFor(project, name), joined: joining.length }
}

function newlyLabelled({ db }: Project, queue: ReadonlySet<number>): number[] {
  const labelled = singleLabels(db)
  const rows = dividedRows(db)
  const elsewhere = new Set(
    rows.filter((r) => r.split !== null && r.split !== 'train').flatMap((r) => [r.hash, r.duplicates].filter((key) => key !== null)),
  )
  const leaks = (r: (typeof rows)[number]) => [r.hash, r.duplicates].some((key) => key !== null && elsewhere.has(key))
  return rows.filter((r) => r.split === null && queue.has(r.id) && labelled.has(r.id) && !leaks(r)).map((r) => r.id)
}

/** Takes a snapshot that is named after the training. */
function snapshotFor(project: Project, name: string): string {
  const taken = new Set(listSnapshots(project).map((s) => s.name))
  for (let n = 1; ; n++) {
    const wanted = `${name}${n === 1 ? '' : ` (${n})`}`
    if (!taken.has(wanted)) return takeSnapshot(project, snapshotName.parse(wanted.slice(0, 200))).name
  }
}
