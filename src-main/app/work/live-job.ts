/** A job in this process: its record, its progress, and whom to notify. */
import type { JobEntry } from '#shared/contract/app.ts'
import { phaseKey, type StepProgress } from '#shared/model/progress.ts'
import { isOpen, type JobRecord, type JobStatus } from '#shared/model/queue.ts'
import type { Sentence } from '#shared/sentences/table.ts'
import { Course, type Plan, type Standing } from './course.ts'
import type { JobKind } from './kind.ts'
import type { Held } from './queue-options.ts'

/** Minimum time between two notifications of one job, in ms. */
const pace = 150

/** A job of the queue. */
export interface Job {
  readonly live: LiveJob
  /** null for an unknown kind: the job can only be dismissed. */
  readonly kind: JobKind | null
  /** Keeps the project open while the job waits or runs. */
  readonly held: Held | null
  /** Whether the job is a row of its project's queue. */
  readonly stored: boolean
  readonly abort: AbortController
  /** Settles when the job has ended. */
  done: Promise<void> | null
}

export class LiveJob {
  private course = new Course()
  private now: StepProgress | null = null
  private standing: Standing = { share: null, secondsLeft: null }
  private told = 0
  private sentence: Sentence | null = null

  /**
   * @param project the project's key
   * @param offers the actions available if it is interrupted
   */
  constructor(
    public record: JobRecord,
    private readonly project: string | null,
    private readonly offers: JobEntry['offers'],
    private readonly changed: (entry: JobEntry) => void,
  ) {}

  get isOpen(): boolean {
    return isOpen(this.record)
  }

  plan(plan: Plan): void {
    this.course = new Course(plan)
  }

  /** @returns the overall progress */
  progress(now: StepProgress): Standing {
    const before = this.now
    this.now = now
    this.standing = this.course.stand(phaseKey(now), now.done, now.total)
    if (Date.now() - this.told >= pace || now.waits?.path !== before?.waits?.path) this.tell()
    return this.standing
  }

  /** @param sentence the error as a sentence, for translation */
  become(
    status: JobStatus,
    { error = null, result = null }: Partial<Pick<JobRecord, 'error' | 'result'>> = {},
    sentence: Sentence | null = null,
  ): void {
    this.sentence = sentence
    this.record = { ...this.record, status, error, result }
    this.tell()
  }

  /** Changes when it is to start. */
  arrange(when: Pick<JobRecord, 'priority' | 'startAt'>): void {
    this.record = { ...this.record, ...when }
    this.tell()
  }

  tell(): void {
    this.told = Date.now()
    this.changed(this.entry())
  }

  entry(): JobEntry {
    const { id, kind, lane, subject, status, runId, error, result, priority, startAt } = this.record
    const { phase = null, part = null, done = 0, total = null, waits = null } = this.now ?? {}
    const { imagesPerSecond = null, bytesPerSecond = null } = this.now ?? {}
    const { share, secondsLeft } = this.standing
    return {
      id,
      kind,
      lane,
      project: this.project,
      subject,
      status,
      runId,
      phase,
      part,
      done,
      total,
      share,
      imagesPerSecond,
      bytesPerSecond,
      secondsLeft: this.isOpen ? secondsLeft : null,
      error,
      sentence: this.sentence,
      result,
      priority,
      startAt: status === 'queued' ? startAt : null,
      waits: status === 'running' ? waits : null,
      offers: status === 'interrupted' ? this.offers : null,
    }
  }
}
