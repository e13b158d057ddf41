/** A kind of job: one record in one file of `kinds/`, found there by the queue. Its title is `jobs.ID` in the locales. */
import type { z } from 'zod'
import type { EventData, EventName } from '#shared/contract.ts'
import type { RunProgress } from '#shared/contract/rooms.ts'
import { userError } from '#shared/errors.ts'
import type { StepProgress } from '#shared/model/progress.ts'
import type { JobRecord, Lane } from '#shared/model/queue.ts'
import type { AppContext } from '../context.ts'
import type { Project } from '../projects/project.ts'
import type { Plan } from './course.ts'

/** What a job has at hand while it is carried out. */
export interface JobContext {
  readonly models: AppContext
  /** As the person who asked for the job edits it. Throws in a job without a project. */
  readonly project: Project
  readonly signal: AbortSignal
  /** The training or merge that it is. Throws in other jobs. */
  readonly runId: string
  progress(progress: StepProgress): void
  /** Tells the windows of the project. */
  tell<E extends EventName>(event: E, data: EventData<E>): void
  /** The curve of the run that this one goes on from. */
  continues(curve: readonly RunProgress[]): void
}

/** What is known of a job outside of its being carried out. */
export interface JobPlace {
  readonly models: AppContext
  readonly project: Project
  readonly runId: string | null
}

interface Declared<R> {
  readonly id: string
  readonly lane: Lane
  /** Its phases, where it has several. */
  plan?(place: JobPlace, request: R): Plan
  /** Whether it would go on where it stopped, rather than begin anew. */
  resumes?(place: JobPlace): boolean
  /** Before an interrupted job goes back into the queue: the run that it becomes, where it is one. */
  again?(place: JobPlace): { readonly runId: string; readonly subject: string }
  /** @returns the job's result */
  run(job: JobContext, request: R): Promise<z.core.util.JSONType>
}

export type JobKind = Declared<JobRecord['request']>

/** @param request the schema of what a job of this kind needs in order to be carried out, now or after a restart */
export function jobKind<S extends z.ZodType>({
  request,
  plan,
  run,
  ...declared
}: Declared<z.output<S>> & { readonly request: S }): JobKind {
  const taken = (raw: unknown): z.output<S> => {
    const parsed = request.safeParse(raw)
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]!
    throw userError(`${declared.id}: ${['request', ...issue.path].join('.')}: ${issue.message}`)
  }
  return {
    ...declared,
    ...(plan && { plan: (place: JobPlace, raw: unknown) => plan(place, taken(raw)) }),
    run: async (job, raw) => run(job, taken(raw)),
  }
}

/** The result of something that is cancelled by the signal. */
export async function cancelWith<T>(signal: AbortSignal, running: { readonly result: Promise<T>; cancel(): void }): Promise<T> {
  const cancel = () => running.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  if (signal.aborted) cancel()
  return running.result.finally(() => signal.removeEventListener('abort', cancel))
}
