/**
 * Questions about models, with a thread for each model: nobody waits for another, huge model to load, nor for a training, and the
 * thread that serves the windows opens no model at all. A thread that does not answer in time is ended and replaced.
 */
import { Worker } from 'node:worker_threads'
import { cancelled, dataError, userError } from '#shared/errors.ts'
import { errorOf } from '#shared/model/failure.ts'
import { answerSchemas, type AnswerTo, laneMessageSchema, type Question } from '#shared/model/question.ts'

/** How many idle threads are kept; those that were asked longest ago are ended. */
const KEPT = 4
const MOST = 12
/** Of JavaScript's own memory in one thread. A model's weights lie elsewhere. */
const MEGABYTES = 1500

/** Seconds that an answer may take once the thread has begun with it; a model of some gigabytes has to be read whole. */
export type Patience = Readonly<Record<Question['kind'], number>>
const PATIENCE: Patience = { facts: 10, tokens: 10, classify: 180, embed: 180, devices: 60 }

export class Lanes {
  /** Least recently asked first. */
  private readonly lanes = new Map<string, Lane>()

  /** @param workerFile the built engine/lane-worker.ts */
  constructor(
    private readonly workerFile: URL,
    private readonly patience: Patience = PATIENCE,
  ) {}

  async ask<Q extends Question>(question: Q): Promise<AnswerTo<Q>> {
    const key = laneOf(question)
    const lane = this.lanes.get(key) ?? this.open()
    this.lanes.delete(key)
    this.lanes.set(key, lane)
    const answer = await lane.ask(question, this.patience[question.kind])
    return answerSchemas[question.kind].parse(answer) as AnswerTo<Q>
  }

  /** Ends all threads and cancels what they were asked. The next question starts a new one. */
  close(): void {
    for (const lane of this.lanes.values()) lane.close()
    this.lanes.clear()
  }

  private open(): Lane {
    const idle = [...this.lanes].filter(([, lane]) => lane.idle)
    for (const [key, lane] of idle.slice(0, Math.max(0, idle.length - KEPT + 1))) {
      this.lanes.delete(key)
      lane.close()
    }
    if (this.lanes.size >= MOST) throw userError(`${MOST} models are being looked at already: wait for one of them`)
    return new Lane(this.workerFile)
  }
}

/** One thread reads the headers of all models, which is quick. A model's tokenizer and its weights have a thread each. */
const laneOf = (q: Question) =>
  q.kind === 'facts' || q.kind === 'devices' ? q.kind : `${q.kind === 'tokens' ? q.kind : 'model'} ${q.model}`

const subjectOf = (q: Question) => (q.kind === 'devices' ? 'devices' : q.model)

/** `guard[0]`: the number of onnxruntime runs under way, or that none may begin because the thread is being ended. */
const IDLE = 0
const ENDED = -1

interface Thread {
  readonly worker: Worker
  readonly guard: Int32Array<SharedArrayBuffer>
}

/** Ends a thread; one in the middle of a run ends after it, since onnxruntime would abort the process. */
function retire(thread: Thread): void {
  if (Atomics.compareExchange(thread.guard, 0, IDLE, ENDED) === IDLE) void thread.worker.terminate()
  else thread.worker.once('message', () => retire(thread))
}

class Lane {
  private last: Promise<unknown> = Promise.resolve()
  private waiting = 0
  private closed = false
  private thread: Thread | undefined

  constructor(private readonly workerFile: URL) {}

  get idle(): boolean {
    return this.waiting === 0
  }

  ask(question: Question, patience: number): Promise<unknown> {
    this.waiting++
    const answer = this.last.then(() => this.put(question, patience)).finally(() => this.waiting--)
    this.last = answer.catch(() => undefined)
    return answer
  }

  /** Cancels what was asked, and what waits for its turn. */
  close(): void {
    this.closed = true
    this.end()
  }

  private end(): void {
    if (this.thread) retire(this.thread)
    this.thread = undefined
  }

  private async put(question: Question, patience: number): Promise<unknown> {
    if (this.closed) throw cancelled()
    const { worker, guard } = (this.thread ??= this.start())
    let timer: NodeJS.Timeout | undefined
    let stopListening = () => {}
    worker.ref()
    return new Promise((resolve, reject) => {
      const late = () => {
        this.end()
        reject(
          dataError(
            subjectOf(question),
            `${question.kind === 'devices' ? 'they' : 'the model'} gave no answer within ${patience} seconds, so it is left alone`,
          ),
        )
      }
      const onMessage = (raw: unknown) => {
        const { data: message, error } = laneMessageSchema.safeParse(raw)
        if (error) reject(error)
        else if (message.type === 'begun') timer = setTimeout(late, patience * 1000)
        else if (message.type === 'answer') resolve(message.answer)
        else reject(errorOf(message))
      }
      const onError = (e: Error & { code?: string }) => {
        const full = e.code === 'ERR_WORKER_OUT_OF_MEMORY'
        reject(full ? dataError(subjectOf(question), `needs more than ${MEGABYTES} MB of memory to be looked at`) : e)
      }
      const onExit = (code: number) => {
        const ended = new Error(`the thread for ${subjectOf(question)} ended with code ${code} before it had answered`)
        reject(Atomics.load(guard, 0) === ENDED ? cancelled() : ended)
      }
      worker.on('message', onMessage).on('error', onError).on('exit', onExit)
      stopListening = () => worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      worker.postMessage({ question, guard: guard.buffer })
    }).finally(() => {
      clearTimeout(timer)
      stopListening()
      worker.unref()
    })
  }

  /** A thread that died is replaced with the next question. */
  private start(): Thread {
    const worker = new Worker(this.workerFile, { resourceLimits: { maxOldGenerationSizeMb: MEGABYTES } })
    const gone = () => {
      if (this.thread?.worker === worker) this.thread = undefined
    }
    worker.on('error', gone).on('exit', gone)
    return { worker, guard: new Int32Array(new SharedArrayBuffer(4)) }
  }
}
