/**
 * Answers questions about models with one thread per model, so that no question waits for another model to load or
 * for a training, and the main thread opens no model. A thread that does not answer in time is terminated and
 * replaced.
 */
import { SHARE_ENV, Worker } from 'node:worker_threads'
import { cancelled, dataError, userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { errorOf } from '#shared/model/failure.ts'
import { answerSchemas, type AnswerTo, laneMessageSchema, type Question } from '#shared/model/question.ts'

/** Number of idle threads to keep; the least recently used ones are terminated. */
const KEPT = 4
const MOST = 12
/** JavaScript heap limit of one thread in MB. Model weights are allocated outside it. */
const MEGABYTES = 1500

/** Time limit in seconds once a thread has begun an answer; a model of several gigabytes has to be read completely. */
export type Patience = Readonly<Record<Question['kind'], number>>
const PATIENCE: Patience = {
  facts: 10,
  report: 10,
  tokens: 10,
  classify: 180,
  detect: 180,
  segment: 180,
  mask: 180,
  masks: 180,
  encode: 180,
  embed: 180,
  'embed-classes': 180,
  'embed-image': 180,
  similarity: 180,
  outline: 60,
  devices: 60,
}

export class Lanes {
  /** Least recently used first. */
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

  /** Terminates all threads and cancels their questions. The next question starts a new one. */
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
    if (this.lanes.size >= MOST) throw userError(sentence('model.too-many-open', { limit: MOST }))
    return new Lane(this.workerFile)
  }
}

/**
 * The headers of all models are read by one thread, since that is fast. A model's tokenizer and its weights have a
 * thread each.
 */
const laneOf = (q: Question) =>
  q.kind === 'facts' || q.kind === 'report' || q.kind === 'devices'
    ? q.kind
    : `${q.kind === 'tokens' ? q.kind : 'model'} ${q.model}${regionsOf(q)}`

/** Two models together have a thread of their own: each of them is asked alone, too. */
const regionsOf = (q: Question) => ('regions' in q && q.regions ? `\n${q.regions}` : '')

const subjectOf = (q: Question) => (q.kind === 'devices' ? 'devices' : q.model)

/**
 * `guard[0]` is the number of onnxruntime runs in progress, or a value that forbids new ones because the thread is
 * being terminated.
 */
const IDLE = 0
const ENDED = -1

interface Thread {
  readonly worker: Worker
  readonly guard: Int32Array<SharedArrayBuffer>
}

/**
 * Terminates a thread, after its current run if there is one: terminating onnxruntime mid-run would abort the
 * process.
 */
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

  /** Cancels the current question and those queued. */
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
            sentence(question.kind === 'devices' ? 'device.no-answer' : 'model.no-answer', { seconds: patience }),
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
        reject(full ? dataError(subjectOf(question), sentence('model.memory', { megabytes: MEGABYTES })) : e)
      }
      const onExit = (code: number) => {
        const ended = new Error(`the thread for ${subjectOf(question)} ended with code ${code} before answering`)
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

  /** A thread that died is replaced on the next question. */
  private start(): Thread {
    const worker = new Worker(this.workerFile, { env: SHARE_ENV, resourceLimits: { maxOldGenerationSizeMb: MEGABYTES } })
    const gone = () => {
      if (this.thread?.worker === worker) this.thread = undefined
    }
    worker.on('error', gone).on('exit', gone)
    return { worker, guard: new Int32Array(new SharedArrayBuffer(4)) }
  }
}
