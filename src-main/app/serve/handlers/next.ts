import path from 'node:path'
import type { nextMethods } from '#shared/contract/next.ts'
import { strategies } from '../../../engine/curation/index.ts'
import { nextImages } from '../../curation/index.ts'
import { labelsCurve } from '../../training/labels-curve.ts'
import { prepareRetraining } from '../../training/retrain.ts'
import { planTraining, registerTraining } from '../../training/train.ts'
import type { HandlersOf, Parts } from '../parts.ts'
import { kindOf, queueRun } from './training.ts'

export const nextHandlers = ({ options: { models } }: Parts): HandlersOf<typeof nextMethods> => ({
  'next.strategies': () =>
    strategies.map(({ id, title, about, citation, needs = null, mixes = false }) => ({ name: id, title, about, citation, needs, mixes })),
  'next.make': (options, client) => ({ jobId: client.queue('next', options).jobId }),
  'next.queue': (_, { project }) => nextImages(project),
  'next.retrain': ({ runId }, client) => {
    const { project } = client
    const queue = nextImages(project)?.images.map((i) => i.mediaId) ?? []
    // Nothing is changed if the training could not start.
    const { full, snapshot, joined } = project.db.transaction(() => {
      const { request, ...prepared } = prepareRetraining(project, runId, queue)
      const full = { ...request, ...(request.model && { model: path.resolve(project.folder, request.model) }) }
      planTraining(models, project, full)
      return { full, ...prepared }
    })
    if (joined) client.annotated('set split')
    const run = queueRun(client, kindOf(full), full.name, (own) => registerTraining(models, own, full))
    client.tell('project.changed', { what: ['snapshots'] })
    return { ...run, snapshot, joined }
  },
  'next.labels-curve': (_, { project }) => labelsCurve(project),
})
