/** The parent's side of the engine, and the only part of it that the application uses. */
import { cancelled, DashiError } from '#shared/errors.ts'
import { sentence, type Sentence, type SentenceCode } from '#shared/sentences/table.ts'
import { fromEngineSchema, type ToEngine } from '#shared/model/engine.ts'
import { errorOf } from '#shared/model/failure.ts'
import { type CurateJob, type Job, type JobProgress, type JobResult, type ResultOf, resultOf } from '#shared/model/job.ts'
import { answerSchemas, type AnswerTo, type Question } from '#shared/model/question.ts'
import { engineUse, type EngineUse } from '#shared/model/run-follow.ts'
import type { Child, ChildEnd } from '../files/child.ts'
import { fitsBeside } from './jobs/fits.ts'
import { kept, sweepJob } from './jobs/kept.ts'
import { Turns } from './turns.ts'

export interface RunningJob<R extends JobResult = JobResult> {
  readonly result: Promise<R>
  /** Another job was ahead of it when it was submitted. */
  readonly waits: boolean
  /** Resolves when the job starts; never, if it is cancelled before. */
  readonly begun: Promise<void>
  /** Takes effect immediately while queued, otherwise between two steps. */
  cancel(): void
}

/** Creates the job when its turn comes, from the data at that time. Rejects once `stop` is aborted. */
export type MakeJob<J extends Job = Job> = (stop: AbortSignal) => Promise<J>

/**
 * Runs jobs and questions in a separate process, so that a crash in onnxruntime does not affect this one. The process
 * starts on demand, is restarted by the next request after it exits, and does not keep this process alive while idle.
 */
export class EngineClient {
  private engine: Engine | undefined
  private readonly turns = new Turns()
  /** Of jobs that run beside those of `turns`. */
  private readonly beside = new Turns()
  private closed = false

  /**
   * @param start spawns the built process.ts
   * @param fits whether there is enough memory to run the job beside another
   * @param threads how many a session may use, as the settings say now; 0: one a core
   */
  constructor(
    private readonly start: () => Child,
    private readonly fits: (job: CurateJob) => boolean = fitsBeside,
    private readonly threads: () => number = () => 0,
  ) {}

  /**
   * Jobs run one at a time, except that curating does not wait for others if memory allows. It is then done on the CPU:
   * onnxruntime's WebGPU allows one thread. If the process exits during a job, that job fails with a message on what
   * was kept; the next job gets a new process.
   */
  run<J extends Job>(job: J | MakeJob<J>, onProgress: (p: JobProgress) => void = () => undefined): RunningJob<ResultOf<J['kind']>> {
    const stop = new AbortController()
    const beside = typeof job !== 'function' && job.kind === 'curate' && this.turns.busy && this.fits(job)
    const make = async () => (typeof job === 'function' ? job(stop.signal) : beside ? { ...job, device: 'cpu' } : job)
    const begin = async () => this.carryOut(await make(), onProgress, stop.signal, beside)
    const { result, waits, begun, leave } = (beside ? this.beside : this.turns).take(begin)
    return { result, waits, begun, cancel: () => void (leave() || stop.abort()) }
  }

  /** Answers a question about a model, concurrently with any running job. */
  async ask<Q extends Question>(question: Q): Promise<AnswerTo<Q>> {
    const answer = await this.try((engine) => engine.ask(question, (ended) => sentence('engine.unanswered', { ended })))
    return answerSchemas[question.kind].parse(answer) as AnswerTo<Q>
  }

  /** What the process takes of the machine; null if there is none. */
  async use(): Promise<EngineUse | null> {
    return this.engine ? engineUse.parse(await this.engine.use()) : null
  }

  /** Terminates the threads that answer questions; jobs continue. */
  closeLanes(): void {
    this.engine?.closeLanes()
  }

  /** Kills the process immediately. None is started afterwards. */
  async close(): Promise<void> {
    this.closed = true
    await this.engine?.end()
  }

  private async carryOut<J extends Job>(
    job: J,
    onProgress: (p: JobProgress) => void,
    stop: AbortSignal,
    beside: boolean,
  ): Promise<ResultOf<J['kind']>> {
    const began = Date.now()
    const result = await this.try((engine) => {
      if (stop.aborted) throw cancelled()
      return engine.run(job, beside, onProgress, stop, (ended) => {
        sweepJob(job)
        return sentence(endedIn[job.kind], { ended, kept: kept(job, began) })
      })
    })
    return resultOf<J['kind']>(job.kind, result)
  }

  /**
   * A request that a process exited without beginning is retried in a new one. After three processes the fault must
   * lie elsewhere.
   */
  private async try<T>(use: (engine: Engine) => Promise<T>, left = 2): Promise<T> {
    try {
      return await use(this.process())
    } catch (e) {
      if (!(e instanceof NotBegun) || left === 0) throw e
      return this.try(use, left - 1)
    }
  }

  private process(): Engine {
    if (this.closed) throw cancelled()
    const engine = (this.engine ??= new Engine(this.start(), () => (this.engine = undefined)))
    engine.heed(this.threads())
    return engine
  }
}

class NotBegun extends DashiError {}

const endedIn = {
  train: 'engine.in-training',
  rehearse: 'engine.in-training',
  evaluate: 'engine.in-evaluation',
  merge: 'engine.in-merge',
  curate: 'engine.in-curation',
  devices: 'engine.in-devices',
} as const satisfies Record<Job['kind'], SentenceCode>

/** An unanswered job or question. */
interface Pending {
  resolve(value: unknown): void
  reject(reason: unknown): void
  /** The error message if the process exits while handling it. */
  readonly inWords: (how: Sentence) => Sentence
  readonly onProgress?: (p: JobProgress) => void
  begun?: boolean
  /** The error to report when it ends. */
  problem?: unknown
}

/** One engine process, from start to exit. */
class Engine {
  private readonly pending = new Map<number, Pending>()
  private count = 0
  private closing = false
  private heeded = 0
  /** The error of a message from the process that could not be parsed. */
  private misled: unknown
  readonly ended: Promise<void>

  constructor(
    private readonly child: Child,
    gone: () => void,
  ) {
    child.onMessage((message) => this.hear(message))
    this.ended = child.ended.then((end) => {
      gone()
      this.bury(end)
    })
    child.hold(false)
  }

  run(job: Job, beside: boolean, onProgress: (p: JobProgress) => void, stop: AbortSignal, inWords: Pending['inWords']): Promise<JobResult> {
    const id = this.count++
    const cancel = () => this.send({ type: 'cancel', id })
    stop.addEventListener('abort', cancel)
    return (this.wait(id, { type: 'run', id, job, beside }, inWords, onProgress) as Promise<JobResult>).finally(() =>
      stop.removeEventListener('abort', cancel),
    )
  }

  ask(question: Question, inWords: Pending['inWords']): Promise<unknown> {
    const id = this.count++
    return this.wait(id, { type: 'ask', id, question }, inWords)
  }

  use(): Promise<unknown> {
    const id = this.count++
    return this.wait(id, { type: 'use', id }, (ended) => ended)
  }

  closeLanes(): void {
    this.send({ type: 'closeLanes' })
  }

  /** How many threads the sessions of what is asked from now on may use. */
  heed(threads: number): void {
    if (threads === this.heeded) return
    this.heeded = threads
    this.send({ type: 'threads', threads })
  }

  end(): Promise<void> {
    this.closing = true
    this.child.hold(true)
    this.child.kill()
    return this.ended
  }

  private send(message: ToEngine): void {
    this.child.send(message)
  }

  private wait(id: number, message: ToEngine, inWords: Pending['inWords'], onProgress?: Pending['onProgress']): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject, inWords, onProgress })
      this.child.hold(true)
      this.send(message)
    }).finally(() => {
      this.pending.delete(id)
      this.child.hold(this.pending.size > 0 || this.closing)
    })
  }

  private hear(raw: unknown): void {
    const { data: message, error } = fromEngineSchema.safeParse(raw)
    if (error) {
      this.misled ??= error
      return this.child.kill()
    }
    const asked = this.pending.get(message.id)
    if (!asked) return
    if (message.type === 'begun') asked.begun = true
    else if (message.type === 'progress') {
      try {
        asked.onProgress?.(message.progress)
      } catch (e) {
        asked.problem ??= e
        this.send({ type: 'cancel', id: message.id })
      }
    } else if (asked.problem) asked.reject(asked.problem)
    else if (message.type === 'failed') asked.reject(errorOf(message))
    else asked.resolve(message.type === 'done' ? message.result : message.answer)
  }

  private bury(end: ChildEnd): void {
    const how = howEnded(end)
    const unbegun = isStarted(end) ? sentence('engine.unbegun', { ended: how }) : how
    for (const { begun, reject, inWords, problem } of this.pending.values())
      if (this.closing) reject(cancelled())
      else reject(problem ?? this.misled ?? (begun ? new DashiError('engine', inWords(how)) : new NotBegun('engine', unbegun)))
  }
}

const isStarted = ({ code, signal }: ChildEnd) => code !== null || signal !== null

/** One sentence on how a process exited. */
function howEnded(end: ChildEnd): Sentence {
  const { code, signal, said } = end
  if (!isStarted(end)) return sentence('engine.not-started', { reason: said.trim() })
  const lines = said
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('at '))
  const reason = lines.findLast((line) => /error|fatal|terminate|abort|cannot|not found/i.test(line))?.slice(0, 300)
  const killed = signal === 'SIGKILL' ? sentence('engine.no-memory') : signal ? sentence('engine.killed', { signal }) : undefined
  const ended = killed ?? sentence('engine.code', { code: code! })
  return reason ? sentence('engine.ended-saying', { how: ended, reason }) : sentence('engine.ended', { how: ended })
}
