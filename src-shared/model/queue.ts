/** The queue of a project: long operations that survive a restart of the program. */
import { z } from 'zod'
import { jsonObject } from './project.ts'

/** interrupted: the program exited during the job; it is offered again and continues only on request. */
export const jobStatuses = ['queued', 'running', 'done', 'failed', 'cancelled', 'interrupted'] as const
export const jobStatus = z.enum(jobStatuses)
export type JobStatus = z.infer<typeof jobStatus>

/**
 * Jobs of one lane run one after the other, those of different lanes concurrently. training: jobs that need the
 * engine's job thread; curation does not wait for it. cluster: jobs that other machines carry out.
 */
export const lanes = ['interactive', 'training', 'cluster', 'background'] as const
export const laneSchema = z.enum(lanes)
export type Lane = z.infer<typeof laneSchema>

/** Whether it is queued or running. */
export const isOpen = ({ status }: { readonly status: JobStatus }): boolean => status === 'queued' || status === 'running'

/** Largest priority, and smallest with a minus. */
export const priorityMost = 1000

/** A row of the queue. `request` is everything its kind needs to run it, now or after a restart. */
export const jobRecord = z.object({
  id: z.string(),
  kind: z.string(),
  lane: laneSchema,
  status: jobStatus,
  /** What it works on, for display: a folder, a file, the name of a run. */
  subject: z.string(),
  request: jsonObject,
  /** Who requested it. */
  user: z.string(),
  /** The training or merge run that it executes. */
  runId: z.string().nullable(),
  error: z.string().nullable(),
  result: z.json().nullable(),
  /** Of waiting jobs of a lane, those of a higher priority come first. */
  priority: z.int().min(-priorityMost).max(priorityMost),
  /** Not before this time, in ms since 1970. null: at once. */
  startAt: z.int().nullable(),
  /** Milliseconds since 1970. */
  created: z.int(),
  started: z.int().nullable(),
  finished: z.int().nullable(),
})
export type JobRecord = z.infer<typeof jobRecord>
