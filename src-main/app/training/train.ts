import path from 'node:path'
import type { Device, JobProgress, JobResult } from '#shared/model/job.ts'
import { type RecipeName, recipeNames } from '#shared/model/recipe.ts'
import { errorLine, DashiError, userError } from '#shared/errors.ts'
import type { AppContext } from '../context.ts'
import { addCheckpoint, projectHash, type Project, startRun, updateRun } from '../projects/index.ts'
import { trainingData } from './dataset.ts'

export interface TrainRequest {
  readonly recipe: string
  /** Checkpoint folder to start from; Nano unless told. */
  readonly model?: string
  readonly device?: Device
  readonly seed?: number
  readonly settings?: Record<string, unknown>
  /** The name of the checkpoint, and of its folder below the project's `checkpoints/`. */
  readonly name?: string
}

export interface TrainedRun {
  readonly runId: string
  readonly result: JobResult
}

/** The job of a request, ready for a worker; the run is registered when it starts. */
export function planTraining(app: AppContext, project: Project, request: TrainRequest) {
  if (!recipeNames.includes(request.recipe as RecipeName)) throw userError(`unknown recipe "${request.recipe}": there are ${recipeNames.join(', ')}`)
  const { classes, splits } = trainingData(project)
  const seed = request.seed ?? 0
  const settings = request.settings ?? {}
  const name = request.name ?? [request.recipe, ...Object.entries(settings).map(([k, v]) => `${k}=${v}`), ...(seed ? [`seed=${seed}`] : [])].join(' ')
  const out = path.join(project.folder, 'checkpoints', name.replace(/[^\p{L}\p{N}._=-]+/gu, '-'))
  return {
    name,
    job: {
      kind: 'train' as const, model: path.resolve(request.model ?? app.nano), out, recipe: request.recipe as RecipeName, settings, seed, device: request.device ?? 'auto',
      classes, splits, dataHash: projectHash(project), cache: path.join(app.cache, 'features'), saveEverySeconds: 30,
    },
  }
}

/** Trains in a worker thread; run and checkpoint are entered into the project, with what they were made from. */
export function startTraining(app: AppContext, project: Project, request: TrainRequest, onProgress?: (p: JobProgress) => void) {
  const { name, job } = planTraining(app, project, request)
  const run = startRun(project, { kind: 'train', recipe: job.recipe, settings: { ...job.settings as object, seed: job.seed, model: job.model }, folder: path.relative(project.folder, job.out) })
  const running = app.engine.run(job, onProgress)
  const result = running.result.then(
    (done): TrainedRun => {
      const metrics = accuracies(done)
      updateRun(project, run.id, { status: 'done', metrics: { ...metrics, seconds: done.seconds, steps: done.steps, loss: thin(done.loss) } })
      addCheckpoint(project, { name, kind: job.recipe, runId: run.id, folder: path.relative(project.folder, job.out), metrics })
      return { runId: run.id, result: done }
    },
    (e: unknown) => {
      const stopped = e instanceof DashiError && e.fault === 'cancelled'
      updateRun(project, run.id, { status: stopped ? 'cancelled' : 'failed', error: stopped ? null : errorLine(e) })
      throw e
    },
  )
  return { runId: run.id, name, result, cancel: running.cancel }
}

export const accuracies = (result: JobResult): Record<string, number> =>
  Object.fromEntries(Object.entries(result.splits).flatMap(([name, s]) => (s.n ? [[name, s.accuracy]] : [])))

/** At most 500 points of a curve, evenly spaced, for plots. */
const thin = (curve: readonly number[]) => {
  const every = Math.ceil(curve.length / 500)
  return curve.filter((_, i) => i % every === 0)
}
