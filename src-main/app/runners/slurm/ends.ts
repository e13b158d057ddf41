/** Why a job ended without a result, in one sentence. */
import { DashiError } from '#shared/errors.ts'
import type { SlurmSettings } from '#shared/model/slurm.ts'
import { type Sentence, sentence } from '#shared/sentences/table.ts'
import type { TrainJob } from '#shared/model/job.ts'
import { kept } from '../../../engine/jobs/index.ts'
import { folderOf, hasOutput, lastOutput } from './files.ts'
import type { Ended } from './programs.ts'
import { exits, programFile } from './script.ts'

/** States in which a job has ended and does not go on by itself. */
const over = ['BOOT_FAIL', 'CANCELLED', 'COMPLETED', 'DEADLINE', 'FAILED', 'NODE_FAIL', 'OUT_OF_MEMORY', 'PREEMPTED', 'REVOKED', 'TIMEOUT']
export const isOver = (state: string): boolean => over.includes(state)

/** @param end what Slurm says of it; undefined if nothing */
export function failureOfJob(
  task: string,
  job: TrainJob,
  end: Ended | undefined,
  settings: Pick<SlurmSettings, 'node' | 'program'>,
  began: number,
): DashiError {
  const problem = problemOf(task, job.out, end, settings)
  return new DashiError('engine', sentence('slurm.kept', { problem, kept: kept(job, began) }))
}

function problemOf(task: string, out: string, end: Ended | undefined, settings: Pick<SlurmSettings, 'node' | 'program'>): Sentence {
  const line = lastOutput(out)
  const said = line === undefined ? '' : sentence('slurm.saying', { line })
  if (!end) return sentence('slurm.lost', { job: task, said })
  const { state, exitCode: code, timeLimit } = end
  if (state === 'OUT_OF_MEMORY') return sentence('slurm.memory', { job: task, said })
  if (state === 'TIMEOUT' || state === 'DEADLINE') return sentence('slurm.time', { job: task, limit: timeLimit, said })
  if (state === 'NODE_FAIL' || state === 'BOOT_FAIL') return sentence('slurm.node-failed', { job: task, said })
  if (state === 'CANCELLED') return sentence('slurm.cancelled', { job: task })
  if (state === 'PREEMPTED') return sentence('slurm.preempted', { job: task })
  if (code === exits.noNode) return sentence('slurm.no-node', { job: task, node: settings.node })
  if (code === exits.before) return sentence('slurm.before', { job: task, said })
  if (code === exits.noProgram) return sentence('slurm.no-program', { job: task, program: programFile(settings.program) })
  if (code === exits.unseen || !hasOutput(out)) return sentence('slurm.unseen', { job: task, folder: folderOf(out) })
  return sentence('slurm.ended', { job: task, state, code, said })
}
