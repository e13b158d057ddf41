import type { promptMethods } from '#shared/contract/prompts.ts'
import { listLabels } from '../../projects/index.ts'
import type { HandlersOf } from '../parts.ts'

export const promptHandlers = (): HandlersOf<typeof promptMethods> => ({
  'prompts.compare': (request, client) => {
    const subject = listLabels(client.project).find((l) => l.id === request.labelId)?.name ?? ''
    return { jobId: client.queue('prompts', request, { subject }).jobId }
  },
})
