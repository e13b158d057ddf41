import path from 'node:path'
import type { modelMethods } from '#shared/contract/models.ts'
import { listModels } from '../../merging/models.ts'
import { classifyImage } from '../../preview/index.ts'
import { listLabels } from '../../projects/index.ts'
import type { HandlersOf, Parts } from '../parts.ts'

export const modelHandlers = ({ options: { models } }: Parts): HandlersOf<typeof modelMethods> => ({
  'models.list': (_input, { project }) => listModels(models, project),
  'preview.classify': async ({ mediaId, model, labels }, { project }) => {
    const known = listLabels(project)
    const classes = labels?.map((name) => ({ name })) ?? known.map((l) => ({ name: l.name, phrase: l.prompts[0] ?? null }))
    const scores = await classifyImage(models, project, mediaId, path.resolve(project.folder, model), classes)
    return scores.map(({ label, score }) => ({ label, score, labelId: known.find((l) => l.name === label)?.id ?? null }))
  },
})
