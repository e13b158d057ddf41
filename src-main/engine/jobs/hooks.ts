import type { JobProgress } from '#shared/model/job.ts'
import type { Helper } from '../merge/together.ts'

/** How a job communicates with its caller. */
export interface JobHooks {
  readonly onProgress: (p: JobProgress) => void
  readonly isCancelled: () => boolean
  /** A second thread for merges of large checkpoints. */
  readonly mergeHelper?: Helper
}
