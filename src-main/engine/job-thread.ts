import { SHARE_ENV, Worker } from 'node:worker_threads'
import { type Job, type JobProgress, jobProgressSchema, type JobResult, jobResultSchema } from '#shared/model/job.ts'
import { giveTask } from '../files/thread.ts'

/**
 * The thread that runs jobs, one at a time: a job already uses every core, onnxruntime's WebGPU allows one owning
 * thread, and decoded images stay cached for the next job. Started by the first job; replaced if it dies.
 */
export class JobThread {
  private worker: Worker | undefined

  /** @param workerFile the built engine/worker.ts */
  constructor(private readonly workerFile: URL) {}

  /** Call again only after the previous job has settled. `cancel` takes effect between two steps. */
  run(job: Job, onProgress: (p: JobProgress) => void): { readonly result: Promise<JobResult>; cancel(): void } {
    const { result, cancel } = giveTask((this.worker ??= this.start()), job, {
      onProgress: (p) => onProgress(jobProgressSchema.parse(p)),
    })
    return { result: result.then((done) => jobResultSchema.parse(done)), cancel }
  }

  private start(): Worker {
    const worker = new Worker(this.workerFile, { env: SHARE_ENV })
    const gone = () => {
      if (this.worker === worker) this.worker = undefined
    }
    return worker.on('error', gone).on('exit', gone)
  }
}
