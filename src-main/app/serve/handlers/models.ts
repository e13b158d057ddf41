import path from 'node:path'
import type { modelMethods } from '#shared/contract/models.ts'
import { listModels } from '../../merging/models.ts'
import { classifyImage, detectIn } from '../../preview/index.ts'
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
  'preview.detect': async ({ mediaId, model, settings, regions, ...sought }, { project }) => {
    const known = new Map(listLabels(project).map((l) => [l.name, l.id]))
    const at = (folder: string) => path.resolve(project.folder, folder)
    const found = await detectIn(models, project, mediaId, at(model), sought, settings, regions && at(regions))
    return found.map((detection) => ({ ...detection, labelId: known.get(detection.label) ?? null }))
  },
})
