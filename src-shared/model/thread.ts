/** What is said between a worker thread and the thread that started it, whatever the task. */
import { z } from 'zod'
import { failureSchema } from './failure.ts'
import { progressSchema } from './progress.ts'

/** A task, and a flag in shared memory that is 1 once it is to give up: so it is seen even in the middle of a transaction. */
export const threadRequest = z.object({ task: z.unknown(), cancel: z.instanceof(SharedArrayBuffer) })
export type ThreadRequest = z.infer<typeof threadRequest>

/** Any number of progress and changed, then one done or failed. `changed`: something that others may look at was committed. */
export const threadMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), progress: progressSchema }),
  z.object({ type: z.literal('changed') }),
  z.object({ type: z.literal('done'), result: z.unknown() }),
  failureSchema.extend({ type: z.literal('failed') }),
])
export type ThreadMessage = z.infer<typeof threadMessage>
