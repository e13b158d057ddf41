/** What the queue of a process works with, and how it is asked for a job. */
import type { EventData, EventName } from '#shared/contract.ts'
import type { JobEntry } from '#shared/contract/app.ts'
import type { RunProgress } from '#shared/contract/rooms.ts'
import type { StepProgress } from '#shared/model/progress.ts'
import type { JobRecord } from '#shared/model/queue.ts'
import type { AppContext } from '../context.ts'
import type { Project } from '../projects/project.ts'
import type { Standing } from './course.ts'
import type { JobKind } from './kind.ts'

/** A project that is kept open; another object stands in `project` once it was opened anew. */
export interface Held {
  readonly key: string
  readonly project: Project
}

/** Whom the queue tells. `key` names the project. */
export interface QueueHooks {
  changed(entry: JobEntry): void
  tell<E extends EventName>(key: string, event: E, data: EventData<E>): void
  /** A run goes on from where another one had come. */
  continues(runId: string, curve: readonly RunProgress[]): void
  /** A run has made a step. */
  progress(key: string, runId: string, progress: Omit<StepProgress, 'secondsLeft'> & Standing): void
  /** A run has come to its end. */
  ended(key: string, runId: string, job: JobRecord): void
}

export interface QueueOptions {
  readonly models: AppContext
  readonly kinds: ReadonlyMap<string, JobKind>
  /** Keeps projects open for their jobs. Each `take` is followed by one `release`. */
  readonly projects: { take(folder: string): Held; release(held: Held): void }
  /** Where a job was queued: this machine, and the folder. What was queued elsewhere is offered, not carried out. */
  readonly home: (folder: string) => string | null
  readonly hooks: QueueHooks
  /** Hears of faults of the program. */
  readonly report: (what: string, error: unknown) => void
}

export interface Asked {
  readonly request?: JobRecord['request']
  /** For a person. */
  readonly subject?: string
  /** The run that it is, or how to enter it; in one transaction with the job. */
  readonly register?: (project: Project) => { readonly runId: string; readonly subject: string }
  readonly project?: { readonly folder: string; readonly user: string | null }
}
