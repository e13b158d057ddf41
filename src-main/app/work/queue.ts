/**
 * The jobs of this process. A project's jobs are rows of its queue (db/queue.ts) and so outlive the process; jobs
 * without a project exist only in memory. Each lane runs a fixed number of jobs at a time, first come first served
 * across projects.
 */
import { randomUUID } from 'node:crypto'
import type { JobEntry } from '#shared/contract/app.ts'
import { cancelled, DashiError, errorLine, userError } from '#shared/errors.ts'
import { type Sentence, sentence } from '#shared/sentences/table.ts'
import { type JobRecord, type JobStatus, type Lane, lanes } from '#shared/model/queue.ts'
import { addJob, anotherVersion, arrangeJob, dismissJob, endJob, listJobs, requeueJob } from '../../db/queue.ts'
import { diskFull, inWords } from '../../files/words.ts'
import { closeInterrupted } from '../projects/index.ts'
import { Alarm } from './alarm.ts'
import { claim } from './claim.ts'
import { contextOf } from './job-context.ts'
import { type JobKind, leaving } from './kind.ts'
import { type Job, LiveJob } from './live-job.ts'
import { named } from './named.ts'
import type { Added, Asked, Held, QueueOptions } from './queue-options.ts'

/** How many jobs each lane runs at a time. */
const widths: Readonly<Record<Lane, number>> = { interactive: 8, training: 1, cluster: 1000, background: 2 }
/** How many ended jobs are kept for windows opened later; the oldest are dropped first. */
const kept = 50

export class Queue {
  private readonly jobs = new Map<string, Job>()
  private closing = false
  private readonly alarm = new Alarm(() => lanes.forEach((lane) => this.pump(lane)))

  constructor(private readonly options: QueueOptions) {}

  list = (): JobEntry[] => [...this.jobs.values()].map((job) => job.live.entry())

  /** The id of the project's first open job that matches `wanted`. */
  find(key: string, wanted: (record: JobRecord) => boolean): string | null {
    return [...this.jobs.values()].find((j) => j.held?.key === key && j.live.isOpen && wanted(j.live.record))?.live.record.id ?? null
  }

  /**
   * @returns the id of the job, and of its run if it has one
   * @throws if the project's file cannot store the job
   */
  add(kindId: string, asked: Asked): Added {
    return this.addAll(kindId, [asked])[0]!
  }

  /** The same for several jobs of one project, of which either all are stored or none. */
  addAll(kindId: string, all: readonly Asked[]): Added[] {
    const kind = this.options.kinds.get(kindId)
    if (!kind) throw new Error(`there is no kind of job ${kindId}`)
    const taken: Held[] = []
    const take = (folder: string) => {
      taken.push(this.options.projects.take(folder))
      return taken.at(-1)!
    }
    try {
      const held = all.map(({ project }) => (project ? take(project.folder) : null))
      const store = () => all.map((asked, i) => this.store(kind, held[i]!, asked))
      const db = held[0]?.project.db
      const stored = db && all.length > 1 ? db.transaction(store) : store()
      stored.forEach((s, i) => this.enter(s.record, kind, held[i]!, s.stored))
      this.pump(kind.lane)
      return stored.map(({ record }) => ({ jobId: record.id, runId: record.runId }))
    } catch (e) {
      for (const held of taken) this.options.projects.release(held)
      throw e
    }
  }

  /** Adds the job to its project's queue. */
  private store(kind: JobKind, held: Held | null, { request = {}, subject = '', startAt, register, project }: Asked) {
    const user = project?.user ?? ''
    const fresh = (of: { readonly runId: string | null; readonly subject: string }): JobRecord => ({
      ...{ id: randomUUID(), kind: kind.id, lane: kind.lane, status: 'queued', request, user, error: null, result: null },
      ...{ created: Date.now(), started: null, finished: null, priority: 0, startAt: startAt ?? null },
      ...of,
    })
    const plain = { record: fresh({ runId: null, subject }), stored: false }
    if (!held) return plain
    const { db, folder } = held.project
    try {
      return db.transaction(() => {
        const record = fresh(register?.(named(held.project, user || null)) ?? { runId: null, subject })
        addJob(db, record, this.options.home(folder))
        return { record, stored: true }
      })
    } catch (e) {
      // With a full disk, exporting elsewhere is the way out, so such jobs run unqueued. A training cannot.
      if (!diskFull(e) || register) throw e
      return plain
    }
  }

  private enter(record: JobRecord, kind: JobKind | null, held: Held | null, stored: boolean): void {
    const { models, hooks } = this.options
    const resumes = held && kind?.resumes?.({ models, project: held.project, runId: record.runId })
    const live = new LiveJob(record, held?.key ?? null, kind && (resumes ? 'resume' : 'again'), hooks.changed)
    this.jobs.set(record.id, { live, kind, held, stored, abort: new AbortController(), done: null })
    live.tell()
  }

  /** Called when a project is opened: resumes its queue and offers the jobs that the previous process was running. */
  adopt(held: Held, { carryOut = true } = {}): void {
    const { db, folder } = held.project
    const own = [...this.jobs.values()].filter((j) => j.held?.key === held.key && j.live.isOpen).map((j) => j.live.record.id)
    closeInterrupted(held.project, { own, home: this.options.home(folder) ?? undefined })
    for (const record of listJobs(db)) {
      if (own.includes(record.id) || (record.status !== 'queued' && record.status !== 'interrupted')) continue
      const kind = this.options.kinds.get(record.kind) ?? null
      const unknown = kind ? record.error : (record.error ?? anotherVersion(`kind: ${record.kind} is unknown`))
      if (unknown !== null) this.enter({ ...record, status: 'interrupted', error: unknown }, null, held, true)
      else this.enter(record, kind, record.status === 'queued' ? this.options.projects.take(folder) : held, true)
    }
    if (!carryOut) return
    for (const job of [...this.jobs.values()]) if (job.held?.key === held.key) this.followAgain(job)
    for (const lane of lanes) this.pump(lane)
  }

  /** A job that went on elsewhere; if it cannot be followed from here, it is offered as any other. */
  private followAgain({ kind, held, live: { record } }: Job): void {
    if (!held || record.status !== 'interrupted') return
    try {
      if (kind?.outlives?.({ models: this.options.models, project: held.project, runId: record.runId })) this.again(record.id)
    } catch (e) {
      if (!(inWords(e) instanceof DashiError)) this.options.report('the queue', e)
    }
  }

  /** Called when a project is closed: its interrupted jobs can no longer be reached. */
  forget(key: string): void {
    for (const [id, { held, live }] of this.jobs) if (held?.key === key && live.record.status === 'interrupted') this.jobs.delete(id)
  }

  /** A waiting job ends at once; a running one is aborted and stops within two steps. */
  cancel(id: string): void {
    const job = this.jobs.get(id)
    if (!job?.live.isOpen) throw userError(sentence('job.ended'))
    job.abort.abort()
    if (job.live.record.status === 'queued') this.end(job, 'cancelled')
  }

  /** Changes when a waiting job starts. @throws a user error if it has started or ended */
  arrange(id: string, { priority, startAt }: Partial<Pick<JobRecord, 'priority' | 'startAt'>>, { carryOut = true } = {}): void {
    const job = this.jobs.get(id)
    if (job?.live.record.status !== 'queued') throw userError(sentence('job.begun'))
    const { live, held, stored } = job
    const when = { priority: priority ?? live.record.priority, startAt: startAt === undefined ? live.record.startAt : startAt }
    if (held && stored && !arrangeJob(held.project.db, id, when)) throw userError(sentence('job.begun'))
    live.arrange(when)
    if (carryOut) this.pump(live.record.lane)
  }

  /**
   * Puts an interrupted job at the end of the queue.
   * @returns its run, if it has one
   */
  again(id: string): string | null {
    const job = this.offered(id)
    const { kind, held } = job
    if (!kind) throw userError(job.live.record.error!)
    const { folder } = held.project
    const taken = this.options.projects.take(folder)
    try {
      const { record } = job.live
      const to = taken.project.db.transaction(() => {
        const project = named(taken.project, record.user || null)
        const again = kind.again?.({ models: this.options.models, project, runId: record.runId })
        const to = { subject: again?.subject ?? record.subject, runId: again?.runId ?? record.runId }
        if (!requeueJob(project.db, id, { ...to, home: this.options.home(folder) })) throw gone()
        return to
      })
      this.jobs.delete(id)
      this.enter({ ...record, ...to, status: 'queued', error: null, startAt: null }, kind, taken, true)
      this.pump(kind.lane)
      return to.runId
    } catch (e) {
      this.options.projects.release(taken)
      throw e
    }
  }

  /** Drops an interrupted job. */
  dismiss(id: string): void {
    const { live, held } = this.offered(id)
    if (!dismissJob(held.project.db, id)) throw gone()
    live.become('cancelled', { error: live.record.error })
    this.pump(live.record.lane) // what waited for the answer
  }

  private offered(id: string): Job & { readonly held: Held } {
    const job = this.jobs.get(id)
    if (!job?.held || job.live.record.status !== 'interrupted') throw gone()
    return { ...job, held: job.held }
  }

  private pump(lane: Lane): void {
    if (this.closing) return
    const own = [...this.jobs.values()].filter((j) => j.live.record.lane === lane)
    this.alarm.set(this.waiting())
    let free = widths[lane] - own.filter((j) => j.live.record.status === 'running').length
    const now = Date.now()
    const due = own.filter(({ live: { record } }) => record.status === 'queued' && (record.startAt ?? 0) <= now)
    for (const job of due.sort((a, b) => b.live.record.priority - a.live.record.priority)) {
      if (free <= 0) return
      if (this.waits(job)) continue
      free--
      job.done = this.carryOut(job)
    }
  }

  /** When the jobs whose time has not come want to start. */
  private waiting(): number[] {
    const queued = [...this.jobs.values()].map((job) => job.live.record).filter((record) => record.status === 'queued')
    return queued.flatMap(({ startAt }) => (startAt !== null && startAt > Date.now() ? [startAt] : []))
  }

  /** A job that cannot be asked does not wait: carrying it out says why. */
  private waits({ kind, held, live }: Job): boolean {
    try {
      return Boolean(held && kind?.waits?.({ models: this.options.models, project: held.project, runId: live.record.runId }))
    } catch {
      return false
    }
  }

  private async carryOut(job: Job): Promise<void> {
    const { kind, abort, held, live } = job
    const { id, runId, request } = live.record
    live.become('running')
    try {
      const context = contextOf(job, this.options)
      const claimed = held && job.stored ? claim(held.project, id, context) : true
      if (!(typeof claimed === 'boolean' ? claimed : await claimed)) throw cancelled()
      if (kind!.plan) live.plan(kind!.plan({ models: context.models, project: context.project, runId }, request))
      this.end(job, 'done', { result: await kind!.run(context, request) })
    } catch (thrown) {
      const e = inWords(thrown)
      if (abort.signal.aborted || (e instanceof DashiError && e.fault === 'cancelled'))
        return this.end(job, this.closing && job.stored ? 'interrupted' : 'cancelled')
      if (!(e instanceof DashiError)) this.options.report(live.record.kind, e)
      this.end(job, 'failed', { error: errorLine(e) }, e instanceof DashiError ? e.sentence : undefined)
    }
  }

  /** Never throws: a job whose end cannot be recorded is offered again at the next opening. */
  private end(
    job: Job,
    status: Exclude<JobStatus, 'queued' | 'running'>,
    { error = null, result = null }: Partial<Pick<JobRecord, 'error' | 'result'>> = {},
    said?: Sentence,
  ): void {
    const { live, held } = job
    const { id, runId, lane } = live.record
    if (!live.isOpen) return
    try {
      if (held && job.stored) endJob(held.project.db, id, { status, error, result })
    } catch (e) {
      if (!(inWords(e) instanceof DashiError)) this.options.report('the queue', e)
    }
    live.become(status, { error, result }, said)
    if (held && runId !== null) this.options.hooks.ended(held.key, runId, live.record)
    const ended = [...this.jobs.values()].filter((j) => !j.live.isOpen && j.live.record.status !== 'interrupted')
    for (const old of ended.slice(0, -kept)) this.jobs.delete(old.live.record.id)
    if (held) this.options.projects.release(held)
    this.pump(lane)
  }

  /** Resolves when no job runs or waits, for its time neither, or when the queue has been stopped. */
  async idle(): Promise<void> {
    for (;;) {
      const open = this.running()
      if (open.length) await Promise.all(open.map((job) => job.done))
      else if (this.closing || !this.waiting().length) return
      else await this.alarm.rung()
    }
  }

  private running = (): Job[] => [...this.jobs.values()].filter((job) => job.live.record.status === 'running')

  /**
   * Shuts the queue down: running jobs are aborted and become interrupted, waiting jobs stay queued. Resolves when all
   * have ended, or after `patience` ms.
   */
  async stop(patience = 10_000): Promise<void> {
    this.closing = true
    this.alarm.set([])
    const running = this.running()
    for (const { abort } of running) abort.abort(leaving)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, patience)))
    await Promise.race([Promise.allSettled(running.map((j) => j.done)), late])
    clearTimeout(timer)
  }
}

const gone = () => userError(sentence('job.not-offered'))
