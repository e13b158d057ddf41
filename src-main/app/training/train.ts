import path from 'node:path'
import { z } from 'zod'
import { setting } from '#shared/format.ts'
import { accuracies, deviceSchema, type Device, type Item, type JobProgress, type LeftOut, type ResultOf } from '#shared/model/job.ts'
import { jsonObject, type RunRecord } from '#shared/model/project.ts'
import { errorLine, DashiError } from '#shared/errors.ts'
import type { StepProgress } from '#shared/model/progress.ts'
import { type RunnerId, runnerIdSchema } from '#shared/model/slurm.ts'
import { recipeSettings, shotsSchema, type SweepMember, sweepOf } from '#shared/model/sweep.ts'
import { type TrainingChoice, trainingChoice } from '#shared/model/training-choice.ts'
import { forgetState, savedLosses } from '../../engine/jobs/index.ts'
import { parseSettings, recipeRecord } from '../../engine/recipes/index.ts'
import { type AppContext, deviceFor } from '../context.ts'
import { runnerOf } from '../runners/index.ts'
import { whenRoom } from '../storage/pauses.ts'
import { addCheckpoint, projectHash, type Project, snapshotHash, startRun, storedFolder, updateRun } from '../projects/index.ts'
import { startingFolder } from './box.ts'
import { storedCurve, thin } from './curve.ts'
import { trainingDataFor } from './dataset.ts'
import { enter, noteFailure } from './entering.ts'
import { whereFoldersAre } from './folders.ts'
import { onceLookedAt } from './readable.ts'
import { RunLog } from './run-log.ts'
import { imagesIn } from './labels-curve.ts'
import { knowledgeAsked } from './knowledge.ts'
import { checkpointFolder } from './names.ts'
import { fewShots } from './shots.ts'
import { unlabelledImages } from './unlabelled.ts'

export interface TrainRequest {
  readonly recipe: string
  /** Checkpoint folder to start from; null: Nano; by default the model in the box that suits the recipe. */
  readonly model?: string | null
  readonly device?: Device
  readonly seed?: number
  readonly settings?: Record<string, unknown>
  /** Name of the checkpoint and of its folder in the project's `checkpoints/`. */
  readonly name?: string
  /** Whether it waits for room on the disk and for folders that are gone, instead of failing: nobody watches a queue. */
  readonly waits?: boolean
  /** Trains on so many images of each class, drawn by the seed (shots.ts). */
  readonly shots?: number
  /** The sweep that this is a run of. */
  readonly sweep?: SweepMember
  /** Which images are used, and as what; all as their splits say by default. */
  readonly data?: TrainingChoice
  /** Where it runs; on this machine by default. */
  readonly runner?: RunnerId
}

export interface TrainedRun {
  readonly runId: string
  readonly result: ResultOf<'train'>
}

/** The job for a request; the run is recorded when it starts. */
export function planTraining(app: AppContext, project: Project, request: TrainRequest) {
  const recipe = recipeRecord(request.recipe)
  const { classes, splits, leftOut, pool } = trainingDataOf(project, request)
  const seed = request.seed ?? 0
  const settings = request.settings ?? {}
  parseSettings(recipe, settings)
  const name = request.name ?? defaultName(request)
  const out = checkpointFolder(project, name)
  return {
    name,
    job: {
      kind: 'train' as const,
      model: startingFolder(app, request),
      out,
      recipe: recipe.id,
      settings,
      seed,
      device: deviceFor(app, request.device),
      classes,
      splits,
      ...(pool && { pool }),
      leftOut,
      dataHash: request.data?.snapshot === undefined ? projectHash(project) : snapshotHash(project, request.data.snapshot),
      cache: path.join(app.cache, 'features'),
      ...(request.shots !== undefined && { shots: request.shots }),
      ...(request.sweep && { sweep: { id: request.sweep.id, name: request.sweep.name } }),
      saveEverySeconds: app.saveEverySeconds ?? 30,
      keepsState: true,
      ...(request.waits && { waits: true }),
    },
  }
}

/** What a request trains on. @throws a user fault explaining what to do if it is insufficient */
function trainingDataOf(
  project: Project,
  { recipe, shots, data: choice, seed = 0 }: TrainRequest,
  unreadable?: ReadonlyMap<number, string>,
) {
  const { task, unlabelled } = recipeRecord(recipe)
  const data = trainingDataFor(project, task, unreadable, choice)
  const poolWith = (others: readonly Item[]) =>
    unlabelled ? { pool: unlabelledImages(project, { choice, others, seed, unreadable }) } : {}
  if (shots === undefined) return { ...data, ...poolWith([]) }
  const [train, ids] = [data.splits['train'] ?? [], data.mediaIds['train'] ?? []]
  const drawn = new Set(fewShots(train, shots, seed))
  return {
    ...data,
    ...poolWith(train.filter((item) => !drawn.has(item))),
    splits: { ...data.splits, train: train.filter((item) => drawn.has(item)) },
    mediaIds: { ...data.mediaIds, train: ids.filter((_, i) => drawn.has(train[i]!)) },
  }
}

/** The recipe with its non-default settings. */
export const defaultName = ({ recipe, settings = {}, seed, shots }: TrainRequest): string =>
  [
    recipe,
    ...(shots === undefined ? [] : [`shots=${shots}`]),
    ...Object.entries(settings).map(([k, v]) => `${k}=${setting(v)}`),
    ...(seed ? [`seed=${seed}`] : []),
  ].join(' ')

const told = z.object({
  seed: z.int().nonnegative().optional(),
  model: z.string().nullish(),
  name: z.string().optional(),
  device: deviceSchema.optional(),
  shots: shotsSchema.optional(),
  data: trainingChoice.optional(),
  runner: runnerIdSchema.optional(),
})

/** Reconstructs the request of a run from its record; the model is as recorded. */
export function requestOf({ recipe, settings, folder }: Pick<RunRecord, 'recipe' | 'settings' | 'folder'>): TrainRequest {
  const { seed, model, name, device, shots, data, runner } = settings
  const asked = told.parse({ seed, model, name, device, shots, data, runner })
  return {
    recipe: recipe ?? '',
    settings: recipeSettings(settings),
    ...(asked.shots !== undefined && { shots: asked.shots }),
    sweep: sweepOf(settings) ?? undefined,
    seed: asked.seed,
    device: asked.device,
    ...(asked.model !== undefined && { model: asked.model }),
    ...(asked.data && { data: asked.data }),
    ...(asked.runner && { runner: asked.runner }),
    name: asked.name ?? (folder === null ? undefined : path.basename(folder)),
  }
}

/**
 * How a run records its model: null for Nano, and relative paths for the project's own checkpoints, so that both may
 * be moved.
 */
export function storedModel(app: AppContext, project: Project, model: string): string | null {
  return model === path.resolve(app.nano) ? null : storedFolder(project, model)
}

export const stopped = (run: RunRecord) => run.status === 'cancelled' || run.status === 'failed'

/** Adds a training to the project as a queued run. */
export function registerTraining(app: AppContext, project: Project, request: TrainRequest): RunRecord {
  runnerOf(app, request.runner)
  planTraining(app, project, request)
  return enterTraining(app, project, request)
}

/** The same without looking at the data again: of a sweep's runs, whose data are checked once. */
export function enterTraining(app: AppContext, project: Project, request: TrainRequest): RunRecord {
  const { recipe, settings: own = {}, seed = 0, shots, sweep, data, runner = 'local' } = request
  const name = request.name ?? defaultName(request)
  const settings = jsonObject.parse({
    ...own,
    seed,
    model: storedModel(app, project, startingFolder(app, request)),
    name,
    device: deviceFor(app, request.device),
    ...(shots !== undefined && { shots }),
    ...(sweep && { sweep }),
    ...(data && { data }),
    ...(runner !== 'local' && { runner }),
  })
  const folder = path.relative(project.folder, checkpointFolder(project, name))
  return startRun(project, { kind: 'train', recipe, settings, folder, status: 'queued' })
}

/** Trains in a worker thread; records the run's outcome and its checkpoint in the project, with their inputs. */
export function startTraining(
  app: AppContext,
  project: Project,
  request: TrainRequest,
  onProgress?: (p: JobProgress) => void,
  onLeftOut?: (images: readonly LeftOut[]) => void,
  run = registerTraining(app, project, request),
) {
  const { name, job } = planTraining(app, project, request)
  const { task } = recipeRecord(job.recipe)
  const folder = path.relative(project.folder, job.out)
  const saved = savedLosses(job.out) // non-empty on resuming; a killed process left no record of them in the project
  const earlier = storedCurve({ ...run, metrics: { loss: thin(saved), steps: saved.length } })
  const losses: number[] = []
  let losing = ''
  const log = new RunLog(project, run)
  const ofEngine = (p: JobProgress) => {
    log.add(p)
    if (p.loss !== undefined) {
      if (p.phase !== losing) losses.length = 0
      losing = p.phase
      if (!losses.length && p.done > 1) losses.push(...saved.slice(0, p.done - 1))
      if (losses.length >= p.done) losses.length = p.done - 1 // a node failed, and another goes on from the saved state
      losses.push(p.loss)
    }
    onProgress?.(p)
  }
  let leftOut: LeftOut[] = []
  let trainedOn = job.splits
  /** The left-out images, for the run's record. */
  const without = (): RunRecord['metrics'] => (leftOut.length ? { leftOut } : {})
  const look = onceLookedAt(
    project,
    [job.model],
    (unreadable) => {
      const { classes, splits, mediaIds, leftOut: gone, pool } = trainingDataOf(project, request, unreadable)
      log.asked = { classes, splits, mediaIds }
      const images = Object.fromEntries(Object.entries(splits).map(([split, items]) => [split, items.length]))
      log.said.write({ kind: 'begun', device: job.device, seed: job.seed, images, classes: classes.length })
      leftOut = gone
      trainedOn = splits
      if (gone.length) {
        log.said.write({ kind: 'left-out', images: gone.length })
        updateRun(project, run.id, { metrics: without() })
        onLeftOut?.(gone)
      }
      return { ...job, classes, splits, leftOut, ...(pool && { pool }) }
    },
    onProgress,
    task,
  )
  const stop = new AbortController()
  const make = knowledgeAsked(project, request.data, request.waits ? whereFoldersAre(job, look, onProgress) : look, onProgress)
  const running = runnerOf(app, request.runner).run(make, ofEngine)
  void running.begun.then(() => noteFailure(() => updateRun(project, run.id, { status: 'running' })))
  const result = running.result.then(
    async (done): Promise<TrainedRun> => {
      log.flush()
      leftOut = done.leftOut
      log.said.write({ kind: 'ended', status: 'done', device: done.device, error: null })
      const metrics = accuracies(done.measured)
      const entered = () => {
        updateRun(project, run.id, {
          status: 'done',
          metrics: {
            ...metrics,
            seconds: done.seconds,
            steps: done.steps,
            loss: thin(done.loss),
            ...(done.course && { course: done.course }),
            ...(done.knowledge && { knowledge: done.knowledge }),
            images: imagesIn(trainedOn),
            ...('prompt' in done.notes && { prompt: done.notes['prompt'] }),
            ...without(),
          },
        })
        addCheckpoint(project, { name, kind: job.recipe, runId: run.id, folder, metrics })
        if (done.also)
          addCheckpoint(project, {
            ...{ name: `${name} (${done.also.kept})`, kind: job.recipe, runId: run.id },
            ...{ folder: path.relative(project.folder, done.also.checkpoint), metrics: accuracies(done.also.measured) },
          })
      }
      const waiter = { signal: stop.signal, progress: (p: StepProgress) => onProgress?.({ ...p, total: p.total ?? p.done }) }
      if (request.waits) await whenRoom(waiter, project.folder, () => project.db.transaction(entered))
      else enter(project, job.out, entered)
      forgetState(job.out)
      return { runId: run.id, result: done }
    },
    (e: unknown) => {
      log.flush()
      const cancelled = e instanceof DashiError && e.fault === 'cancelled'
      log.said.write({ kind: 'ended', status: cancelled ? 'cancelled' : 'failed', error: cancelled ? null : errorLine(e) })
      noteFailure(() =>
        updateRun(project, run.id, {
          status: cancelled ? 'cancelled' : 'failed',
          error: cancelled ? null : errorLine(e),
          metrics: { steps: losses.length, loss: thin(losses), ...without() },
        }),
      )
      throw e
    },
  )
  const cancel = () => {
    stop.abort()
    running.cancel()
  }
  return { runId: run.id, name, earlier, result, waits: running.waits, begun: running.begun, cancel, leave: running.leave }
}
