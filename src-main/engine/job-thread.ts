import { Worker } from 'node:worker_threads'
import { type Job, type JobProgress, jobProgressSchema, type JobResult, jobResultSchema } from '#shared/model/job.ts'
import { giveTask } from '../files/thread.ts'

/**
 * The thread that jobs run in, one at a time: one already uses every core, onnxruntime's WebGPU allows one owning thread at
 * a time, and decoded pictures stay there for the next job. It starts with the first job; one that died is replaced.
 */
export class JobThread {
  private worker: Worker | undefined

  /** @param workerFile the built engine/worker.ts */
  constructor(private readonly workerFile: URL) {}

  /** The next job may come when this one has settled. `cancel` takes effect between two steps. */
  run(job: Job, onProgress: (p: JobProgress) => void): { readonly result: Promise<JobResult>; cancel(): void } {
    const { result, cancel } = giveTask((this.worker ??= this.start()), job, {
      onProgress: (p) => onProgress(jobProgressSchema.parse(p)),
    })
    return { result: result.then((done) => jobResultSchema.parse(done)), cancel }
  }

  private start(): Worker {
    const worker = new Worker(this.workerFile)
    const gone = () => {
      if (this.worker === worker) this.worker = undefined
    }
    return worker.on('error', gone).on('exit', gone)
  }
}
