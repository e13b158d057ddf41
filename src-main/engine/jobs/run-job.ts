import { type Job, type JobResult, type ResultOf, resultOf } from '#shared/model/job.ts'
import { DashiError, saidBy } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { diskFull, inWords } from '../../files/words.ts'
import { curateJob } from './curate.ts'
import { devicesJob } from './devices.ts'
import { evaluateJob } from './evaluate.ts'
import type { JobHooks } from './hooks.ts'
import { mergeJob } from './merge.ts'
import { kept } from './kept.ts'
import { leavingOut } from './leaving-out.ts'
import { rehearseJob } from './rehearse.ts'
import { trainJob } from './train.ts'

/** Runs one job in the calling thread. If the disk is full, the error says what was kept. */
export async function runJob<J extends Job>(job: J, hooks: JobHooks): Promise<ResultOf<J['kind']>> {
  const began = Date.now()
  try {
    return resultOf<J['kind']>(job.kind, await carryOut(job, hooks))
  } catch (e) {
    if (diskFull(e))
      throw new DashiError('data', sentence('job.stopped-full', { problem: saidBy(inWords(e)), kept: kept(job, began) }), { cause: e })
    throw inWords(e)
  }
}

const carryOut = (job: Job, hooks: JobHooks): Promise<JobResult> =>
  job.kind === 'curate'
    ? curateJob(job, hooks)
    : job.kind === 'devices'
      ? devicesJob(job, hooks)
      : leavingOut(job, hooks, (now) => onImages(now, hooks))

function onImages(job: Exclude<Job, { kind: 'curate' | 'devices' }>, hooks: JobHooks): Promise<Exclude<JobResult, { kind: 'devices' }>> {
  switch (job.kind) {
    case 'train':
      return trainJob(job, hooks)
    case 'rehearse':
      return rehearseJob(job, hooks)
    case 'evaluate':
      return evaluateJob(job, hooks)
    case 'merge':
      return mergeJob(job, hooks)
  }
}
