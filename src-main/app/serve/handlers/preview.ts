import path from 'node:path'
import type { roomMethods } from '#shared/contract/rooms.ts'
import { classifyImage } from '../../preview/index.ts'
import { listLabels } from '../../projects/index.ts'
import type { HandlersOf, Parts } from '../parts.ts'

export const previewHandlers = ({ options: { models } }: Parts): HandlersOf<Pick<typeof roomMethods, 'preview.classify'>> => ({
  'preview.classify': async ({ mediaId, model, labels }, { project }) => {
    const known = listLabels(project)
    const classes = labels?.map((name) => ({ name })) ?? known.map((l) => ({ name: l.name, phrase: l.prompts[0] ?? null }))
    const scores = await classifyImage(models, project, mediaId, path.resolve(project.folder, model), classes)
    return scores.map(({ label, score }) => ({ label, score, labelId: known.find((l) => l.name === label)?.id ?? null }))
  },
})
