/** Long operations: begun by a call that answers with an id, followed by events, ended by themselves or by a person. */
import { randomUUID } from 'node:crypto'
import { DashiError, errorLine, userError } from '#shared/errors.ts'
import type { Job } from '#shared/contract/app.ts'
import { inWords } from '../../files/words.ts'
import { Course, type Plan, type Standing } from './course.ts'
import { plans } from './plans.ts'

export interface JobControl {
  readonly id: string
  readonly signal: AbortSignal
  /** How far its present phase is; answers with how far the whole is. */
  progress(done: number, total: number | null, phase?: string): Standing
  /** Something that it waits for its turn with. */
  turn(of: { readonly waits: boolean; readonly begun: Promise<void> }): void
}

/** Kept for a window that opens later; the oldest ended ones go first. */
const kept = 50
/** Milliseconds between two events of one job. */
const pace = 150

export class Jobs {
  private readonly jobs = new Map<string, Job>()
  private readonly aborts = new Map<string, AbortController>()
  private readonly bodies = new Map<string, Promise<void>>()

  constructor(
    private readonly tell: (job: Job) => void,
    private readonly report: (what: string, error: unknown) => void,
  ) {}

  list = (): Job[] => [...this.jobs.values()]

  cancel(id: string): void {
    const abort = this.aborts.get(id)
    if (!abort) throw userError('the job has ended already')
    abort.abort()
  }

  /** `body` returns the job's result; a thrown error ends it as failed, an abort as cancelled. `plan`: its phases, where it has several. */
  start(kind: string, subject: string, body: (control: JobControl) => Promise<Job['result']>, plan: Plan = plans[kind] ?? []): string {
    const id = randomUUID()
    const abort = new AbortController()
    const job: Job = {
      id,
      kind,
      subject,
      status: 'running',
      queued: false,
      done: 0,
      total: null,
      share: null,
      secondsLeft: null,
      error: null,
      result: null,
    }
    this.jobs.set(id, job)
    this.aborts.set(id, abort)
    const course = new Course(plan)
    let told = 0
    const progress = (done: number, total: number | null, phase = '') => {
      const standing = course.stand(phase, done, total)
      Object.assign(job, { queued: false, done, total, ...standing })
      if (Date.now() - told >= pace) {
        told = Date.now()
        this.tell({ ...job })
      }
      return standing
    }
    const queue = (queued: boolean) => {
      if (job.queued === queued || job.status !== 'running') return
      job.queued = queued
      this.tell({ ...job })
    }
    const turn: JobControl['turn'] = ({ waits, begun }) => {
      if (!waits) return
      queue(true)
      void begun.then(() => queue(false))
    }
    const end = (patch: Partial<Job>) => {
      Object.assign(job, { queued: false, secondsLeft: null }, patch)
      this.aborts.delete(id)
      this.tell({ ...job })
      for (const old of [...this.jobs.values()].filter((j) => j.status !== 'running').slice(0, -kept)) this.jobs.delete(old.id)
    }
    this.tell({ ...job })
    const ended = (async () => {
      try {
        end({ result: await body({ id, signal: abort.signal, progress, turn }), status: 'done' })
      } catch (thrown) {
        const e = inWords(thrown)
        const cancelled = abort.signal.aborted || (e instanceof DashiError && e.fault === 'cancelled')
        if (!cancelled && !(e instanceof DashiError)) this.report(kind, e)
        end(cancelled ? { status: 'cancelled' } : { status: 'failed', error: errorLine(e) })
      }
    })().finally(() => this.bodies.delete(id))
    this.bodies.set(id, ended)
    return id
  }

  /** Aborts all that run; resolves when they have ended, at the latest after so many milliseconds. */
  async stop(patience = 10_000): Promise<void> {
    for (const abort of this.aborts.values()) abort.abort()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, patience)))
    await Promise.race([Promise.allSettled(this.bodies.values()), late])
    clearTimeout(timer)
  }
}
