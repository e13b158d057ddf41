import path from 'node:path'
import { getRun } from '../../projects/index.ts'
import { isSubmitted } from '../../runners/slurm/files.ts'
import type { JobKind, JobPlace } from '../kind.ts'
import train from './train.ts'

function outlives({ project, runId }: JobPlace): boolean {
  const { folder } = getRun(project, runId!)
  return folder !== null && isSubmitted(path.resolve(project.folder, folder))
}

/** A training that a Slurm cluster carries out: it does not wait for this machine's engine, and goes on while this program is closed. */
export default { ...train, id: 'train-slurm', lane: 'cluster', outlives } satisfies JobKind
