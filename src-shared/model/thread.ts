/** Messages between a worker thread and its parent, independent of the task. */
import { z } from 'zod'
import { failureSchema } from './failure.ts'
import { progressSchema } from './progress.ts'

/** A task, and a flag in shared memory that becomes 1 on cancel, so that it is visible even during a transaction. */
export const threadRequest = z.object({ task: z.unknown(), cancel: z.instanceof(SharedArrayBuffer) })
export type ThreadRequest = z.infer<typeof threadRequest>

/**
 * Any number of progress and changed messages, then one done or failed. `changed`: data visible to others was
 * committed.
 */
export const threadMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), progress: progressSchema }),
  z.object({ type: z.literal('changed') }),
  z.object({ type: z.literal('done'), result: z.unknown() }),
  failureSchema.extend({ type: z.literal('failed') }),
])
export type ThreadMessage = z.infer<typeof threadMessage>
