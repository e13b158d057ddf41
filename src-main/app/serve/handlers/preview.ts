import path from 'node:path'
import type { previewMethods } from '#shared/contract/preview.ts'
import { classOf } from '#shared/model/prompts.ts'
import { needIn } from '../../../engine/models/index.ts'
import { classifyImage, findIn, masksIn, placed } from '../../preview/index.ts'
import { planOf } from '../../preview/propose.ts'
import { getMedia, hasMedia, listLabels, mediaFile } from '../../projects/index.ts'
import type { HandlersOf, Parts } from '../parts.ts'

export const previewHandlers = ({ options: { models }, ahead }: Parts): HandlersOf<typeof previewMethods> => ({
  'preview.classify': async ({ mediaId, model, labels }, { project }) => {
    const known = listLabels(project)
    const classes = labels?.map((name) => ({ name })) ?? known.map(classOf)
    const scores = await classifyImage(models, project, mediaId, path.resolve(project.folder, model), classes)
    return scores.map(({ label, score }) => ({ label, score, labelId: known.find((l) => l.name === label)?.id ?? null }))
  },
  'preview.detect': (asked, { project }) => findIn(models, project, 'detect', placed(project, asked)),
  'preview.segment': (asked, { project }) => findIn(models, project, 'segment', placed(project, asked)),
  'preview.mask': (asked, { project }) => masksIn(models, project, placed(project, asked)),
  'preview.ahead': ({ mediaIds, ...how }, { id, project }) => {
    // An image may have been removed meanwhile: it is only a guess at what comes next.
    const files = mediaIds.filter((m) => hasMedia(project, m)).map((m) => mediaFile(project, getMedia(project, m)))
    ahead.want(id, { files, ...placed(project, how) })
    return null
  },
  'preview.propose': (options, client) => {
    const { project } = client
    planOf(project, options)
    needIn(placed(project, options).model, options.task, 'propose')
    return { jobId: client.queue('propose', options, { subject: path.basename(options.model) }).jobId }
  },
  'preview.boxMasks': (options, client) => {
    needIn(placed(client.project, options).model, 'prompt', 'propose --task masks')
    return { jobId: client.queue('box-masks', options, { subject: path.basename(options.model) }).jobId }
  },
})
