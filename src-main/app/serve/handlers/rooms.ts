import path from 'node:path'
import { z } from 'zod'
import type { roomMethods, RunProgress } from '#shared/contract/rooms.ts'
import { userError } from '#shared/errors.ts'
import { jsonObject } from '#shared/model/project.ts'
import { recipeNames, recipeNeeds, recipeSchemas } from '#shared/model/recipe.ts'
import { mergeMethods, methodOf } from '../../../engine/merge/index.ts'
import { metricEntries } from '../../../engine/metrics/index.ts'
import { deviceRecords } from '../../../engine/runtime/index.ts'
import { compareCheckpoints } from '../../evaluation/compare.ts'
import { keepComparison, keptComparison } from '../../evaluation/kept.ts'
import { mergeIntoProject } from '../../merging/merge.ts'
import { listModels } from '../../merging/models.ts'
import { soupOf } from '../../merging/soup.ts'
import { classifyImage } from '../../preview/index.ts'
import { getRun, listLabels, type Project } from '../../projects/index.ts'
import { classificationData } from '../../training/dataset.ts'
import { Curve, storedCurve } from '../../training/curve.ts'
import { freeName, ownName } from '../../training/names.ts'
import { goesOnIn, listRunEntries } from '../../training/runs.ts'
import { defaultName, planTraining, requestOf, startTraining, type TrainRequest } from '../../training/train.ts'
import type { App, Client } from '../app.ts'
import type { Plan } from '../course.ts'
import { mergingPlan, trainingPlan } from '../plans.ts'
import type { HandlersOf } from './index.ts'

const jsonSchemaOf = (schema: z.ZodType) => jsonObject.parse(z.toJSONSchema(schema, { io: 'input' }))

/** A project names its own checkpoints by paths relative to itself. */
const folderOf = (project: Project, folder: string) => path.resolve(project.folder, folder)

/** Milliseconds between two events of one run; its curve keeps every step. */
const pace = 100

interface Running {
  runId: string
  name: string
  /** The curve of the run that it goes on from. */
  earlier?: readonly RunProgress[]
  result: Promise<unknown>
  readonly waits: boolean
  readonly begun: Promise<void>
  cancel(): void
}
type Told = Omit<RunProgress, 'runId'>

export function roomHandlers({ options: { models } }: App): HandlersOf<typeof roomMethods> {
  /** What runs of this process have told so far, and how to stop them. */
  const curves = new Map<string, Curve>()
  const latest = new Map<string, RunProgress>()
  const cancels = new Map<string, () => void>()
  /** What is being compared → the job. */
  const comparing = new Map<string, string>()

  /** A run as a job of the status bar too; its progress reaches every window of the project. */
  function follow(
    client: Client,
    kind: string,
    name: string,
    plan: Plan,
    begin: (project: Project, onProgress: (p: Told) => void) => Running,
  ): { runId: string } {
    let runId = ''
    let problem: unknown
    client.startJob(
      kind,
      name,
      async (project, { signal, progress, turn }, tell) => {
        const curve = new Curve()
        let told = 0
        let phase: string | undefined
        let running: Running
        try {
          running = begin(project, (p) => {
            const now = { ...p, runId, ...progress(p.step, p.steps, p.phase) }
            curve.add(now)
            latest.set(runId, now)
            if (p.phase === phase && Date.now() - told < pace && p.step < p.steps) return
            ;[told, phase] = [Date.now(), p.phase]
            tell('run.progress', now)
          })
        } catch (e) {
          problem = e
          throw e
        }
        runId = running.runId
        turn(running)
        curve.earlier = running.earlier ?? []
        curves.set(runId, curve)
        cancels.set(runId, running.cancel)
        signal.addEventListener('abort', running.cancel, { once: true })
        try {
          await running.result
          tell('run.finished', { runId, status: 'done', error: null })
        } catch (e) {
          const { status, error } = getRun(project, runId)
          tell('run.finished', { runId, status: status === 'cancelled' ? 'cancelled' : 'failed', error })
          throw e
        } finally {
          cancels.delete(runId)
          latest.delete(runId)
        }
        return null
      },
      plan,
    )
    if (problem) throw problem
    client.tell('runs.changed', {})
    return { runId }
  }

  function train(client: Client, request: TrainRequest): { runId: string } {
    const given = { ...request, ...(request.model ? { model: folderOf(client.project, request.model) } : {}) }
    const { name, job } = planTraining(models, client.project, given) // says at once what is missing
    return follow(client, 'train', name, trainingPlan(job), (project, tell) =>
      startTraining(models, project, given, ({ phase, done, total, ...rest }) => tell({ phase, step: done, steps: total, ...rest })),
    )
  }

  return {
    'training.recipes': () =>
      recipeNames.map((name) => ({ name, needs: [...recipeNeeds[name]], schema: jsonSchemaOf(recipeSchemas[name]) })),
    'training.devices': async () => {
      const there = await models.engine.ask({ kind: 'devices' })
      const listed = deviceRecords.filter((d) => d.chooses || there.includes(d.id))
      return listed.map(({ id, title, about }) => ({ id, title, about }))
    },
    'models.list': (_input, { project }) => listModels(models, project),
    'training.start': (input, client) =>
      train(client, { ...input, name: ownName(client.project, input.name?.trim() || defaultName(input)) }),
    'training.again': ({ runId }, client) => {
      const run = getRun(client.project, runId)
      if (run.kind !== 'train') throw userError('only a training can be started again')
      const request = requestOf(run)
      const name = request.name ?? defaultName(request)
      const own = goesOnIn(client.project, run)
      return train(client, { ...request, name: own === null ? ownName(client.project, name) : freeName(client.project, name, [], own) })
    },
    'training.cancel': ({ runId }) => {
      const cancel = cancels.get(runId)
      if (!cancel) throw userError('the run has ended already')
      cancel()
      return null
    },
    'runs.list': (_input, { project }) => listRunEntries(models, project, latest),
    'runs.curve': ({ runId }, { project }) => {
      const curve = curves.get(runId)
      return curve?.points.length ? [...curve.points] : storedCurve(getRun(project, runId))
    },
    'evaluation.metrics': () => metricEntries(),
    'evaluation.compare': ({ checkpoints, splits }, client) => {
      const what = JSON.stringify([client.project.folder, checkpoints, splits])
      const running = comparing.get(what)
      if (running) return { jobId: running }
      const jobId = client.startJob(
        'compare',
        checkpoints.map((c) => path.basename(c)).join(', '),
        async (project, { signal, progress, turn }) => {
          try {
            const found = await compareCheckpoints(
              models,
              project,
              { checkpoints: checkpoints.map((c) => folderOf(project, c)), splits },
              { signal, onProgress: progress, onTurn: turn },
            )
            if (!splits) keepComparison(project, checkpoints, found)
            return found
          } finally {
            comparing.delete(what)
          }
        },
      )
      comparing.set(what, jobId)
      return { jobId }
    },
    'evaluation.comparison': ({ checkpoints }, { project }) => ({
      jobId: comparing.get(JSON.stringify([project.folder, checkpoints, undefined])) ?? null,
      kept: keptComparison(project, checkpoints),
    }),
    'merging.methods': () =>
      mergeMethods
        .filter((m) => !m.terminalOnly)
        .map(({ id, title, about, citation, settings, most = null, least = 2, relative = false, chooses = false, mix = null }) => ({
          name: id,
          title,
          about,
          citation,
          schema: jsonSchemaOf(settings),
          min: Math.max(2, least),
          max: most,
          relative,
          chooses,
          mix,
        })),
    'merging.start': ({ method, settings, checkpoints, name, dtype, insist }, client) => {
      const request = {
        name: ownName(client.project, name?.trim() || `${method} of ${checkpoints.length}`),
        method: methodOf(method, settings),
        checkpoints: checkpoints.map((c) => folderOf(client.project, c)),
        dtype,
        insist,
      }
      const plan = mergingPlan({ ...request, splits: classificationData(client.project).splits })
      return follow(client, 'merge', request.name, plan, (project, tell) => ({
        name: request.name,
        ...mergeIntoProject(models, project, request, ({ phase, done, total }) => tell({ phase, step: done, steps: total })),
      }))
    },
    'merging.soup': ({ runId }, { project }) => soupOf(models, project, getRun(project, runId)),
    'preview.classify': async ({ mediaId, model, labels }, { project }) => {
      const known = listLabels(project)
      const classes = labels?.map((name) => ({ name })) ?? known.map((l) => ({ name: l.name, phrase: l.prompts[0] ?? null }))
      const scores = await classifyImage(models, project, mediaId, folderOf(project, model), classes)
      return scores.map(({ label, score }) => ({ label, score, labelId: known.find((l) => l.name === label)?.id ?? null }))
    },
  }
}
