/** The tasks there are. A new one is a file of its own, a line here, and what its jobs measure in src-shared/model/job.ts. */
import { classify } from './classify.ts'
import { contrast } from './contrast.ts'

export const tasks = { classify, contrast } as const
export type TaskId = keyof typeof tasks
