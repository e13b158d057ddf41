/** A kind of job: one record per file in `kinds/`, where the queue finds it. Its title is `jobs.ID` in the locales. */
import type { z } from 'zod'
import type { EventData, EventName } from '#shared/contract.ts'
import type { RunProgress } from '#shared/contract/training.ts'
import { userError } from '#shared/errors.ts'
import { issueSentence } from '#shared/sentences/issue.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { StepProgress } from '#shared/model/progress.ts'
import type { JobRecord, Lane } from '#shared/model/queue.ts'
import type { AppContext } from '../context.ts'
import type { Project } from '../projects/project.ts'
import type { Plan } from './course.ts'

/** What a running job can use. */
export interface JobContext {
  readonly models: AppContext
  /** The project, as edited by the person who requested the job. Throws in a job without a project. */
  readonly project: Project
  readonly signal: AbortSignal
  /** The id of the job's run (a training or merge). Throws in other jobs. */
  readonly runId: string
  progress(progress: StepProgress): void
  /** Sends an event to the project's windows. */
  tell<E extends EventName>(event: E, data: EventData<E>): void
  /** Takes over the curve of the run that this one resumes. */
  continues(curve: readonly RunProgress[]): void
}

/** The context of a job that is not running. */
export interface JobPlace {
  readonly models: AppContext
  readonly project: Project
  readonly runId: string | null
}

interface Declared<R> {
  readonly id: string
  readonly lane: Lane
  /** The job's phases, if it has several. */
  plan?(place: JobPlace, request: R): Plan
  /** Whether it would resume where it stopped rather than start over. */
  resumes?(place: JobPlace): boolean
  /** Whether it lets the jobs behind it pass, until what it needs is there; asked whenever its lane has room. */
  waits?(place: JobPlace): boolean
  /** Whether it goes on elsewhere though this program was closed: then it is followed again without being asked. */
  outlives?(place: JobPlace): boolean
  /** Called before an interrupted job is queued again: creates its new run, if the job is a run. */
  again?(place: JobPlace): { readonly runId: string; readonly subject: string }
  /** @returns the job's result */
  run(job: JobContext, request: R): Promise<z.core.util.JSONType>
}

export type JobKind = Declared<JobRecord['request']>

/** @param request the schema of the input a job of this kind needs to run, now or after a restart */
export function jobKind<S extends z.ZodType>({
  request,
  plan,
  run,
  ...declared
}: Declared<z.output<S>> & { readonly request: S }): JobKind {
  const taken = (raw: unknown): z.output<S> => {
    const parsed = request.safeParse(raw)
    if (parsed.success) return parsed.data
    throw userError(sentence('in-field', { field: declared.id, problem: issueSentence(parsed.error, 'request') }))
  }
  return {
    ...declared,
    ...(plan && { plan: (place: JobPlace, raw: unknown) => plan(place, taken(raw)) }),
    run: async (job, raw) => run(job, taken(raw)),
  }
}

/** Why a signal aborts when this program is closed: what goes on elsewhere is left, not cancelled. */
export const leaving = Symbol('leaving')

/** Awaits a cancellable operation, cancelling it when the signal aborts. */
export async function cancelWith<T>(
  signal: AbortSignal,
  running: { readonly result: Promise<T>; cancel(): void; leave?(): void },
): Promise<T> {
  const cancel = () => (signal.reason === leaving && running.leave ? running.leave() : running.cancel())
  signal.addEventListener('abort', cancel, { once: true })
  if (signal.aborted) cancel()
  return running.result.finally(() => signal.removeEventListener('abort', cancel))
}
