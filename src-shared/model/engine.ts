/**
 * Messages between the program and the engine's process. A number identifies the job or question that a message is
 * about.
 */
import { z } from 'zod'
import { threadsMost } from './devices.ts'
import { failureSchema } from './failure.ts'
import { jobProgressSchema, jobResultSchema, jobSchema } from './job.ts'
import { questionSchema } from './question.ts'

const id = z.int().nonnegative()

/**
 * `beside`: the job is run by a second thread, at the same time as another job. `closeLanes` terminates the threads that
 * answer questions. `threads`: how many a session may use from now on; 0: one a core.
 */
export const toEngineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('run'), id, job: jobSchema, beside: z.boolean() }),
  z.object({ type: z.literal('cancel'), id }),
  z.object({ type: z.literal('ask'), id, question: questionSchema }),
  z.object({ type: z.literal('closeLanes') }),
  /** What the process takes of the machine; answered at once. */
  z.object({ type: z.literal('use'), id }),
  z.object({ type: z.literal('threads'), threads: z.int().min(0).max(threadsMost) }),
])
export type ToEngine = z.infer<typeof toEngineSchema>

/** Each job and question has one start and one end message, with progress in between. */
export const fromEngineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('begun'), id }),
  z.object({ type: z.literal('progress'), id, progress: jobProgressSchema }),
  z.object({ type: z.literal('done'), id, result: jobResultSchema }),
  z.object({ type: z.literal('answer'), id, answer: z.unknown() }),
  failureSchema.extend({ type: z.literal('failed'), id }),
])
export type FromEngine = z.infer<typeof fromEngineSchema>
