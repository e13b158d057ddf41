import path from 'node:path'
import { z } from 'zod'
import type { RunProgress, roomMethods } from '#shared/contract/rooms.ts'
import { userError } from '#shared/errors.ts'
import { jsonObject } from '#shared/model/project.ts'
import { mergeMethodSchema } from '#shared/model/merge.ts'
import { recipeNames, recipeSchemas } from '#shared/model/recipe.ts'
import { bundledProviders } from '../../../engine/runtime/session.ts'
import { findRecord } from '../../../engine/weights/checkpoint.ts'
import { compareCheckpoints } from '../../evaluation/compare.ts'
import { mergeIntoProject, methodOf } from '../../merging/merge.ts'
import { getRun, listCheckpoints, listLabels, listRuns, type Project } from '../../projects/index.ts'
import { classifyImage } from '../../preview/classify.ts'
import { planTraining, startTraining } from '../../training/train.ts'
import type { App, Client } from '../app.ts'
import type { HandlersOf } from './index.ts'

const jsonSchemaOf = (schema: z.ZodType) => jsonObject.parse(z.toJSONSchema(schema, { io: 'input' }))

/** The method is chosen by itself; its form asks for the rest. */
const withoutName = (schema: ReturnType<typeof jsonSchemaOf>) => ({ ...schema, properties: Object.fromEntries(Object.entries(jsonObject.parse(schema['properties'])).filter(([k]) => k !== 'name')) })

/** A project names its own checkpoints by paths relative to itself. */
const folderOf = (project: Project, folder: string) => path.resolve(project.folder, folder)

export function roomHandlers({ options: { models } }: App): HandlersOf<typeof roomMethods> {
  /** What runs of this process have told so far, and how to stop them. */
  const curves = new Map<string, RunProgress[]>()
  const cancels = new Map<string, () => void>()

  /** A run as a job of the status bar too; its progress reaches every window of the project. */
  function follow(client: Client, kind: string, begin: (project: Project, onProgress: (p: Omit<RunProgress, 'runId'>) => void) => { runId: string; name: string; result: Promise<unknown>; cancel(): void }) {
    let runId = ''
    client.startJob(kind, '', async (project, { signal, progress }, tell) => {
      const points: RunProgress[] = []
      const running = begin(project, (p) => {
        points.push({ ...p, runId })
        progress(p.step, p.steps)
        tell('run.progress', { ...p, runId })
      })
      runId = running.runId
      curves.set(runId, points)
      cancels.set(runId, running.cancel)
      signal.addEventListener('abort', () => running.cancel())
      try {
        await running.result
        tell('run.finished', { runId, status: 'done', error: null })
      } catch (e) {
        const { status, error } = getRun(project, runId)
        tell('run.finished', { runId, status: status === 'cancelled' ? 'cancelled' : 'failed', error })
        throw e
      } finally {
        cancels.delete(runId)
      }
      return null
    })
    return { runId }
  }

  return {
    'training.recipes': () => recipeNames.map((name) => ({ name, schema: jsonSchemaOf(recipeSchemas[name]) })),
    'training.devices': () => ['auto', ...bundledProviders()],
    'models.list': (_input, { project }) => [
      ...listCheckpoints(project).map((c) => ({ name: c.name, folder: c.folder, checkpoint: c })),
      { name: 'Nano', folder: models.nano, checkpoint: null },
    ],
    'training.start': ({ model, ...input }, client) => {
      const request = { ...input, ...(model ? { model: folderOf(client.project, model) } : {}) }
      planTraining(models, client.project, request) // says at once what is missing
      return follow(client, 'train', (project, tell) =>
        startTraining(models, project, request, ({ phase, done, total, ...rest }) => tell({ phase, step: done, steps: total, ...rest })),
      )
    },
    'training.cancel': ({ runId }) => {
      const cancel = cancels.get(runId)
      if (!cancel) throw userError('the run has ended already')
      cancel()
      return null
    },
    'runs.list': (_input, { project }) => listRuns(project),
    'runs.curve': ({ runId }, { project }) => curves.get(runId)?.filter((p) => p.loss != null) ?? storedCurve(project, runId),
    'evaluation.compare': ({ checkpoints, splits }, client) => ({
      jobId: client.startJob('compare', '', (project, { signal, progress }) =>
        compareCheckpoints(models, project, { checkpoints: checkpoints.map((c) => folderOf(project, c)), splits }, { signal, onProgress: progress }),
      ),
    }),
    'merging.methods': () => [
      { name: 'greedy', schema: jsonSchemaOf(z.object({})), min: 2, max: null },
      ...mergeMethodSchema.options.flatMap((option) => {
        const name = option.shape.name.value
        if (name === 'linear') return [] // one weight a checkpoint: for the terminal
        const pair = name === 'wise-ft' || name === 'slerp'
        return [{ name, schema: withoutName(jsonSchemaOf(option)), min: 2, max: pair ? 2 : null }]
      }),
    ],
    'merging.start': ({ method, settings, checkpoints, name }, client) => {
      const request = {
        name: name?.trim() || `${method} of ${checkpoints.length}`,
        method: methodOf(method, settings),
        checkpoints: checkpoints.map((c) => folderOf(client.project, c)),
      }
      return follow(client, 'merge', (project, tell) => ({
        name: request.name,
        ...mergeIntoProject(models, project, request, ({ phase, done, total }) => tell({ phase, step: done, steps: total })),
      }))
    },
    'merging.ledger': ({ runId }, { project }) => {
      const { folder } = getRun(project, runId)
      const merge = folder ? findRecord(folderOf(project, folder))?.merge : undefined
      return merge && 'ledger' in merge ? [...(merge.ledger ?? [])] : null
    },
    'preview.classify': async ({ mediaId, model, labels }, { project }) => {
      const known = listLabels(project)
      const scores = await classifyImage(project, mediaId, folderOf(project, model), labels ?? known.map((l) => l.name))
      return scores.map(({ label, score }) => ({ label, score, labelId: known.find((l) => l.name === label)?.id ?? null }))
    },
  }
}

/** The curve that an ended run left in the project, thinned out there. */
function storedCurve(project: Project, runId: string): RunProgress[] {
  const stored = z.object({ loss: z.array(z.number()).default([]), steps: z.number().optional() }).parse(getRun(project, runId).metrics)
  const steps = stored.steps ?? stored.loss.length
  const every = Math.ceil(steps / Math.max(1, stored.loss.length))
  return stored.loss.map((loss, i) => ({ runId, phase: 'training', step: 1 + i * every, steps, loss }))
}
