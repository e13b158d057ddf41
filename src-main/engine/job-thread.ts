import { Worker } from 'node:worker_threads'
import { errorOf } from '#shared/model/failure.ts'
import { type Job, type JobProgress, type JobResult, workerMessageSchema } from '#shared/model/job.ts'

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
    const cancel = new SharedArrayBuffer(4)
    const flag = new Int32Array(cancel)
    return { result: this.put(job, cancel, onProgress), cancel: () => void Atomics.store(flag, 0, 1) }
  }

  private async put(job: Job, cancel: SharedArrayBuffer, onProgress: (p: JobProgress) => void): Promise<JobResult> {
    const worker = (this.worker ??= this.start())
    let stopListening = () => {}
    return new Promise<JobResult>((resolve, reject) => {
      let problem: unknown
      const onMessage = (raw: unknown) => {
        try {
          const message = workerMessageSchema.parse(raw)
          if (message.type === 'progress') onProgress(message.progress)
          else if (problem) reject(problem)
          else if (message.type === 'done') resolve(message.result)
          else reject(errorOf(message))
        } catch (e) {
          problem ??= e
          // The thread is at work yet, and must be heard to its end before it gets another job.
          if ((raw as { type?: unknown } | null)?.type === 'progress') Atomics.store(new Int32Array(cancel), 0, 1)
          else reject(problem)
        }
      }
      const onExit = (code: number) => reject(new Error(`the engine's thread ended with code ${code} before its job was done`))
      worker.on('message', onMessage).on('error', reject).on('exit', onExit)
      stopListening = () => worker.off('message', onMessage).off('error', reject).off('exit', onExit)
      worker.postMessage({ job, cancel })
    }).finally(() => stopListening())
  }

  private start(): Worker {
    const worker = new Worker(this.workerFile)
    const gone = () => {
      if (this.worker === worker) this.worker = undefined
    }
    return worker.on('error', gone).on('exit', gone)
  }
}
