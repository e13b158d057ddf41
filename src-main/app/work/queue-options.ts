/** What the queue of a process works with, and how jobs are requested. */
import type { EventData, EventName } from '#shared/contract.ts'
import type { JobEntry } from '#shared/contract/app.ts'
import type { RunProgress } from '#shared/contract/training.ts'
import type { StepProgress } from '#shared/model/progress.ts'
import type { JobRecord } from '#shared/model/queue.ts'
import type { AppContext } from '../context.ts'
import type { Project } from '../projects/project.ts'
import type { Standing } from './course.ts'
import type { JobKind } from './kind.ts'

/** A project that is kept open; `project` is replaced if it is reopened. */
export interface Held {
  readonly key: string
  readonly project: Project
}

/** Receivers of the queue's events. `key` identifies the project. */
export interface QueueHooks {
  changed(entry: JobEntry): void
  tell<E extends EventName>(key: string, event: E, data: EventData<E>): void
  /** A run resumes where an earlier one stopped. */
  continues(runId: string, curve: readonly RunProgress[]): void
  /** A run has made a step. */
  progress(key: string, runId: string, progress: Omit<StepProgress, 'secondsLeft'> & Standing): void
  /** A run has ended. */
  ended(key: string, runId: string, job: JobRecord): void
}

export interface QueueOptions {
  readonly models: AppContext
  readonly kinds: ReadonlyMap<string, JobKind>
  /** Keeps projects open for their jobs. Each `take` needs one `release`. */
  readonly projects: { take(folder: string): Held; release(held: Held): void }
  /** Identifies the machine and folder of a queue. Jobs queued elsewhere are offered, not run. */
  readonly home: (folder: string) => string | null
  readonly hooks: QueueHooks
  /** Receives internal errors. */
  readonly report: (what: string, error: unknown) => void
}

export interface Asked {
  readonly request?: JobRecord['request']
  /** What the job is about, for display. */
  readonly subject?: string
  /** Not before this time, in ms since 1970. */
  readonly startAt?: number
  /** Names the job's run or creates it, in one transaction with the job. */
  readonly register?: (project: Project) => { readonly runId: string; readonly subject: string }
  readonly project?: { readonly folder: string; readonly user: string | null }
}

export interface Added {
  readonly jobId: string
  readonly runId: string | null
}
