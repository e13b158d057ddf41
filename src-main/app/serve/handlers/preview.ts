import path from 'node:path'
import type { roomMethods } from '#shared/contract/rooms.ts'
import { classifyImage, detectIn } from '../../preview/index.ts'
import { listLabels } from '../../projects/index.ts'
import type { HandlersOf, Parts } from '../parts.ts'

export const previewHandlers = ({
  options: { models },
}: Parts): HandlersOf<Pick<typeof roomMethods, 'preview.classify' | 'preview.detect'>> => ({
  'preview.classify': async ({ mediaId, model, labels }, { project }) => {
    const known = listLabels(project)
    const classes = labels?.map((name) => ({ name })) ?? known.map((l) => ({ name: l.name, phrase: l.prompts[0] ?? null }))
    const scores = await classifyImage(models, project, mediaId, path.resolve(project.folder, model), classes)
    return scores.map(({ label, score }) => ({ label, score, labelId: known.find((l) => l.name === label)?.id ?? null }))
  },
  'preview.detect': async ({ mediaId, model, settings, ...sought }, { project }) => {
    const known = new Map(listLabels(project).map((l) => [l.name, l.id]))
    const found = await detectIn(models, project, mediaId, path.resolve(project.folder, model), sought, settings)
    return found.map((detection) => ({ ...detection, labelId: known.get(detection.label) ?? null }))
  },
})
