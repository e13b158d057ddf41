import path from 'node:path'
import type { trainingMethods } from '#shared/contract/training.ts'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { interruptedJobOf } from '../../../db/queue.ts'
import { recipes } from '../../../engine/recipes/index.ts'
import { deviceRecords } from '../../../engine/runtime/index.ts'
import { getRun, type Project } from '../../projects/index.ts'
import { startingFolder } from '../../training/box.ts'
import { storedCurve } from '../../training/curve.ts'
import { runners } from '../../runners/index.ts'
import { planOf } from '../../training/plan/plan.ts'
import { freeName, ownName } from '../../training/names.ts'
import { goesOnIn, listRunEntries } from '../../training/runs.ts'
import { defaultName, registerTraining, requestOf, type TrainRequest } from '../../training/train.ts'
import type { Client } from '../client.ts'
import type { HandlersOf, Parts } from '../parts.ts'
import { jsonSchemaOf } from './schema.ts'

/**
 * Adds a run to the project and queues it.
 * @throws at once if something is missing
 */
export function queueRun(
  client: Client,
  kind: 'train' | 'train-slurm' | 'merge',
  subject: string,
  register: (project: Project) => { readonly id: string },
  startAt?: number,
): { runId: string } {
  const { runId } = client.queue(kind, {}, { startAt, register: (project) => ({ runId: register(project).id, subject }) })
  client.tell('runs.changed', {})
  return { runId: runId! }
}

/** The kind of job that trains where the request says. */
export const kindOf = ({ runner }: Pick<TrainRequest, 'runner'>) => (runner === 'slurm' ? 'train-slurm' : 'train')

export function trainingHandlers({ options: { models }, queue, runs }: Parts): HandlersOf<typeof trainingMethods> {
  const train = (client: Client, { startAt, ...request }: TrainRequest & { readonly name: string; readonly startAt?: number }) => {
    const model = request.model && { model: path.resolve(client.project.folder, request.model) }
    return queueRun(
      client,
      kindOf(request),
      request.name,
      (project) => registerTraining(models, project, { ...request, ...(model || {}) }),
      startAt,
    )
  }
  return {
    'training.recipes': () =>
      recipes.map(({ id, title, about, when, citation, needs, task, measuredAt, settings }) => ({
        name: id,
        title,
        about,
        when,
        citation,
        needs: [...needs],
        task: measuredAt ?? task,
        schema: jsonSchemaOf(settings),
        startsFrom: startingFolder(models, { recipe: id }),
      })),
    'training.devices': async () => {
      const there = await models.engine.ask({ kind: 'devices' })
      const listed = deviceRecords.filter((d) => d.chooses || there.includes(d.id))
      return listed.map(({ id, title, about }) => ({ id, title, about }))
    },
    'training.runners': () =>
      runners.map((r) => ({ id: r.id, missing: r.missing(models), schema: r.settings ? jsonSchemaOf(r.settings) : null })),
    'training.start': (input, client) =>
      train(client, { ...input, name: ownName(client.project, input.name?.trim() || defaultName(input)) }),
    'training.plan': ({ model, ...input }, { project }) =>
      planOf(models, project, { ...input, ...(model !== undefined && { model: path.resolve(project.folder, model) }) }),
    'training.rehearse': (input, client) => ({ jobId: client.queue('rehearse', input).jobId }),
    'training.again': ({ runId, lr }, client) => {
      const run = getRun(client.project, runId)
      if (run.kind !== 'train') throw userError(sentence('run.not-training'))
      const job = interruptedJobOf(client.project.db, runId)
      if (job !== undefined && lr === undefined) {
        const again = queue.again(job)
        client.tell('runs.changed', {})
        return { runId: again! }
      }
      if (job !== undefined) queue.dismiss(job)
      const asked = requestOf(run)
      const request = lr === undefined ? asked : { ...asked, settings: { ...asked.settings, lr } }
      const name = request.name ?? defaultName(request)
      const own = goesOnIn(client.project, run)
      return train(client, { ...request, name: own === null ? ownName(client.project, name) : freeName(client.project, name, [], own) })
    },
    'training.cancel': ({ runId }, { current }) => {
      const job = queue.find(current.key, (j) => j.runId === runId)
      if (job === null) throw userError(sentence('run.ended'))
      queue.cancel(job)
      return null
    },
    'runs.list': (_input, { project }) => listRunEntries(models, project, runs.latest),
    'runs.curve': ({ runId }, { project }) => {
      const points = runs.points(runId)
      return points?.length ? [...points] : storedCurve(getRun(project, runId))
    },
  }
}
