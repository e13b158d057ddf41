/** The queue of a project: long operations that are asked for, carried out, and survive the end of the program. */
import { z } from 'zod'
import { jsonObject } from './project.ts'

/** interrupted: the program ended in the middle of it; it is offered again, and nobody carries it on until somebody says so. */
export const jobStatuses = ['queued', 'running', 'done', 'failed', 'cancelled', 'interrupted'] as const
export const jobStatus = z.enum(jobStatuses)
export type JobStatus = z.infer<typeof jobStatus>

/** Jobs of one lane wait for each other, those of different lanes do not. training: whatever needs the engine's one thread of jobs. */
export const lanes = ['interactive', 'training', 'background'] as const
export const laneSchema = z.enum(lanes)
export type Lane = z.infer<typeof laneSchema>

/** It waits or is at work. */
export const isOpen = ({ status }: { readonly status: JobStatus }): boolean => status === 'queued' || status === 'running'

/** A row of the queue. `request` is what its kind needs in order to do it, now or after the program was started again. */
export const jobRecord = z.object({
  id: z.string(),
  kind: z.string(),
  lane: laneSchema,
  status: jobStatus,
  /** What it works on, for a person: a folder, a file, the name of a run. */
  subject: z.string(),
  request: jsonObject,
  /** Who asked for it. */
  user: z.string(),
  /** The training or merge that it is. */
  runId: z.string().nullable(),
  error: z.string().nullable(),
  result: z.json().nullable(),
  /** Milliseconds since 1970. */
  created: z.int(),
  started: z.int().nullable(),
  finished: z.int().nullable(),
})
export type JobRecord = z.infer<typeof jobRecord>
