/**
 * The registry of tasks. A new task is a file of its own, a line here, and its job results in
 * src-shared/model/job.ts.
 */
import { classify } from './classify.ts'
import { contrast } from './contrast.ts'

export const tasks = { classify, contrast } as const
export type TaskId = keyof typeof tasks
