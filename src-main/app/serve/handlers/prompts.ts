import path from 'node:path'
import type { promptMethods } from '#shared/contract/prompts.ts'
import { suggestCaptions } from '../../preview/captions.ts'
import { listLabels } from '../../projects/index.ts'
import type { HandlersOf, Parts } from '../parts.ts'

export const promptHandlers = ({ options: { models } }: Parts): HandlersOf<typeof promptMethods> => ({
  'prompts.compare': (request, client) => {
    const subject = listLabels(client.project).find((l) => l.id === request.labelId)?.name ?? ''
    return { jobId: client.queue('prompts', request, { subject }).jobId }
  },
  'preview.captions': ({ model, ...wanted }, { project }) =>
    suggestCaptions(models, project, { ...wanted, model: model === undefined ? models.nano : path.resolve(project.folder, model) }),
})
