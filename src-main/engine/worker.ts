import { jobSchema } from '#shared/model/job.ts'
import { serveTasks } from '../files/thread.ts'
import { runJob } from './jobs/run-job.ts'

// The engine's job thread. It is never terminated, since that would abort the process during an onnxruntime step.
// Cancelling takes effect between two steps.
serveTasks(jobSchema, (job, { isCancelled, progress }) =>
  runJob(job, { onProgress: progress, isCancelled, mergeHelper: { program: new URL('./merge-worker.js', import.meta.url) } }),
)
