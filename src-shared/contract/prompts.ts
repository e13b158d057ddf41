/** The prompt lab. */
import { z } from 'zod'
import { labRequest } from '../model/prompt-lab.ts'
import { method } from './method.ts'

export const promptMethods = {
  /** The job (kind `prompts`) ends with a `labResult`. What was asked before is not asked again. */
  'prompts.compare': method(labRequest, z.object({ jobId: z.string() })),
}
