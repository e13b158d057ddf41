import type { modelMethods } from '#shared/contract/models.ts'
import { listModels } from '../../merging/models.ts'
import type { HandlersOf, Parts } from '../parts.ts'

export const modelHandlers = ({ options: { models } }: Parts): HandlersOf<typeof modelMethods> => ({
  'models.list': (_input, { project }) => listModels(models, project),
})
