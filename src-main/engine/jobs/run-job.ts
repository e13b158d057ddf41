import type { Job, JobProgress, JobResult } from '#shared/model/job.ts'
import type { Helper } from '../merge/helper.ts'
import { curateJob } from './curate.ts'
import { evaluateJob } from './evaluate.ts'
import { mergeJob } from './merge.ts'
import { trainJob } from './train.ts'

/** How a job talks to whoever asked for it. */
export interface JobHooks {
  readonly onProgress: (p: JobProgress) => void
  readonly isCancelled: () => boolean
  /** A second thread for merges of large checkpoints. */
  readonly mergeHelper?: Helper
}

/** Carries out one job, in whatever thread it is called. */
export function runJob(job: Job, hooks: JobHooks): Promise<JobResult> {
  switch (job.kind) {
    case 'train':
      return trainJob(job, hooks)
    case 'evaluate':
      return evaluateJob(job, hooks)
    case 'merge':
      return mergeJob(job, hooks)
    case 'curate':
      return curateJob(job, hooks)
  }
}
