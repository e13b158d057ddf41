import { Worker } from 'node:worker_threads'
import { DashiError } from '#shared/errors.ts'
import { type Job, type JobProgress, type JobResult, workerMessageSchema } from '#shared/model/job.ts'
import type { AnswerTo, Question } from '#shared/model/question.ts'
import { Lanes } from './lanes.ts'
import { Turns } from './queue.ts'

export interface RunningJob {
  readonly result: Promise<JobResult>
  /** Others were before it when it came. */
  readonly waits: boolean
  /** Its turn has come; never, where it was cancelled before. */
  readonly begun: Promise<void>
  /** Takes effect at once while it waits, else between two steps. */
  cancel(): void
}

/**
 * The parent's half of the engine: jobs go to one worker thread, one after the other. One already uses every core,
 * onnxruntime's WebGPU allows one owning thread at a time, and decoded pictures stay there for the next job. The thread
 * starts with the first job and keeps no process alive that has nothing else to do.
 */
export class EngineClient {
  private readonly turns = new Turns()
  private worker: Worker | undefined

  private lanes: Lanes | undefined

  /**
   * @param workerFile the built engine/worker.ts
   * @param laneFile the built engine/lane-worker.ts, beside it unless given
   */
  constructor(
    private readonly workerFile: URL,
    private readonly laneFile?: URL,
  ) {}

  /** Answers at once what is asked of a model, whatever job is at work; in other threads than the jobs', and than the caller's. */
  ask<Q extends Question>(question: Q): Promise<AnswerTo<Q>> {
    return (this.lanes ??= new Lanes(this.laneFile ?? new URL('./lane-worker.js', this.workerFile))).ask(question)
  }

  run(job: Job, onProgress: (p: JobProgress) => void = () => undefined): RunningJob {
    const cancel = new SharedArrayBuffer(4)
    const flag = new Int32Array(cancel)
    const { result, waits, begun, leave } = this.turns.take(() => this.put(job, cancel, onProgress))
    return { result, waits, begun, cancel: () => void (leave() || Atomics.store(flag, 0, 1)) }
  }

  /** Ends the threads that answer questions; jobs go on. */
  closeLanes(): void {
    this.lanes?.close()
  }

  private put(job: Job, cancel: SharedArrayBuffer, onProgress: (p: JobProgress) => void): Promise<JobResult> {
    const worker = (this.worker ??= this.start())
    let stopListening = () => {}
    worker.ref()
    return new Promise<JobResult>((resolve, reject) => {
      let problem: unknown
      const onMessage = (raw: unknown) => {
        try {
          const message = workerMessageSchema.parse(raw)
          if (message.type === 'progress') onProgress(message.progress)
          else if (problem) reject(problem)
          else if (message.type === 'done') resolve(message.result)
          else reject(message.fault ? new DashiError(message.fault, message.message) : Object.assign(new Error(message.message), { stack: message.stack }))
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
    }).finally(() => {
      stopListening()
      worker.unref()
    })
  }

  /** A thread that died, at work or between two jobs, is replaced with the next job. */
  private start(): Worker {
    const worker = new Worker(this.workerFile)
    const gone = () => {
      if (this.worker === worker) this.worker = undefined
    }
    return worker.on('error', gone).on('exit', gone)
  }
}
