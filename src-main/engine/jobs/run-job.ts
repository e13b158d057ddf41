import type { Job, JobProgress, JobResult } from '#shared/model/job.ts'
import { DashiError, errorLine } from '#shared/errors.ts'
import { diskFull, inWords } from '../../files/words.ts'
import type { Helper } from '../merge/helper.ts'
import { curateJob } from './curate.ts'
import { evaluateJob } from './evaluate.ts'
import { mergeJob } from './merge.ts'
import { findRecord } from '../weights/checkpoint.ts'
import { leavingOut } from './leaving-out.ts'
import { savedLosses, trainJob } from './train.ts'

/** How a job talks to whoever asked for it. */
export interface JobHooks {
  readonly onProgress: (p: JobProgress) => void
  readonly isCancelled: () => boolean
  /** A second thread for merges of large checkpoints. */
  readonly mergeHelper?: Helper
}

/** Carries out one job, in whatever thread it is called. On a full disk its line says what was kept. */
export async function runJob(job: Job, hooks: JobHooks): Promise<JobResult> {
  const began = Date.now()
  try {
    return await carryOut(job, hooks)
  } catch (e) {
    if (diskFull(e)) throw new DashiError('data', `${errorLine(inWords(e))}; ${kept(job, began)}`, { cause: e })
    throw inWords(e)
  }
}

function kept(job: Job, began: number): string {
  if (job.kind === 'evaluate' || job.kind === 'curate') return 'nothing was changed'
  const written = Date.parse(recordOf(job.out)?.created ?? '') >= began
  if (written) return `the ${job.kind === 'train' ? 'checkpoint' : 'soup'} was written, but not measured`
  if (job.kind === 'merge') return 'nothing was changed'
  const steps = stepsSaved(job.out)
  return steps ? `the state after step ${steps} was kept, and the same training goes on from there` : 'nothing of this training was kept'
}

function recordOf(dir: string) {
  try {
    return findRecord(dir)
  } catch {
    return undefined
  }
}

function stepsSaved(out: string): number {
  try {
    return savedLosses(out).length
  } catch {
    return 0
  }
}

const carryOut = (job: Job, hooks: JobHooks): Promise<JobResult> => (job.kind === 'curate' ? curateJob(job, hooks) : leavingOut(job, hooks, (now) => onImages(now, hooks)))

function onImages(job: Exclude<Job, { kind: 'curate' }>, hooks: JobHooks): Promise<JobResult> {
  switch (job.kind) {
    case 'train':
      return trainJob(job, hooks)
    case 'evaluate':
      return evaluateJob(job, hooks)
    case 'merge':
      return mergeJob(job, hooks)
  }
}
