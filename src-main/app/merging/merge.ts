import path from 'node:path'
import { z } from 'zod'
import { accuracies, type Device, type JobProgress, type LeftOut, type MergeJob } from '#shared/model/job.ts'
import { DashiError, errorLine } from '#shared/errors.ts'
import { type MergeDtype, mergeDtypeSchema, mergeMethodSchema } from '#shared/model/merge.ts'
import type { RunRecord } from '#shared/model/project.ts'
import type { MakeJob } from '../../engine/index.ts'
import { methodRecord } from '../../engine/merge/index.ts'
import { type AppContext, deviceFor } from '../context.ts'
import { sizeOf } from '../media/caches.ts'
import { addCheckpoint, collectSoups, getRun, type Project, releaseSoup, startRun, updateRun } from '../projects/index.ts'
import { splitNames } from '../../db/curated.ts'
import { chosenFrom } from '../training/choice.ts'
import { type ClassificationData, classificationData } from '../training/dataset.ts'
import { checkpointFolder } from '../training/names.ts'
import { onceLookedAt } from '../training/readable.ts'
import { enter, noteFailure } from '../training/entering.ts'
import { soupKnowledge } from './knowledge.ts'
import { originsIn, sharedChoice, trainingsOf } from './origins.ts'

export interface MergeRequest {
  readonly method: MergeJob['method']
  readonly checkpoints: readonly string[]
  readonly out: string
  readonly device?: Device
  /** The dtype of the soup's weights; by default that of the ingredients. */
  readonly dtype?: MergeDtype
  /** Merges even if tokenizer, preprocessing or templates differ; the soup's record lists the differences. */
  readonly insist?: boolean
  /** The run that will enter the soup in its project. */
  readonly run?: string
  /** Whether it is measured what the soup forgot where that was measured of its ingredients; it is unless this is false. */
  readonly forgetting?: false
}

/** Merges checkpoints in the engine. With a project, the soup is evaluated on its splits; greedy requires one. */
export function startMerge(
  app: AppContext,
  project: Project | undefined,
  request: MergeRequest,
  onProgress?: (p: JobProgress) => void,
  onLeftOut?: (images: readonly LeftOut[]) => void,
) {
  if (!project) return app.engine.run(blending(app, { classes: [], splits: {}, leftOut: [] }, request), onProgress)
  const make = onceLookedAt(
    project,
    request.checkpoints.map((c) => path.resolve(c)),
    (unreadable) => {
      const data = measuredData(app, project, request.checkpoints, unreadable)
      if (data.leftOut.length) onLeftOut?.(data.leftOut)
      return blending(app, data, request)
    },
    onProgress,
  )
  if (request.forgetting === false) return app.engine.run(make, onProgress)
  const measuring: MakeJob<MergeJob> = async (stop) => {
    const job = await make(stop)
    const knowledge = await soupKnowledge(app, project, job.checkpoints, onProgress)
    return knowledge ? { ...job, knowledge } : job
  }
  return app.engine.run(measuring, onProgress)
}

/** The images on which the ingredients were measured, and those on which soups are chosen. */
function measuredData(app: AppContext, project: Project, checkpoints: readonly string[], unreadable: ReadonlyMap<number, string>) {
  const all = () => classificationData(project, unreadable)
  const choice = sharedChoice(trainingsOf(checkpoints, originsIn(app, project)))
  const test = choice?.test && [...new Set([...choice.test, ...splitNames(project.db).filter((s) => s === 'heldOut')])]
  try {
    return chosenFrom(project, { ...choice, ...(test && { test }) }, all)
  } catch (e) {
    if (e instanceof DashiError) return all() // as of a snapshot that was removed
    throw e
  }
}

const blending = (
  app: AppContext,
  { classes, splits, leftOut }: Pick<ClassificationData, 'classes' | 'splits' | 'leftOut'>,
  request: MergeRequest,
): MergeJob => ({
  kind: 'merge',
  method: request.method,
  checkpoints: request.checkpoints.map((c) => path.resolve(c)),
  out: path.resolve(request.out),
  dtype: request.dtype ?? 'keep',
  insist: request.insist ?? false,
  device: deviceFor(app, request.device),
  classes,
  splits,
  leftOut,
  cache: path.join(app.cache, 'features'),
  ...(request.run !== undefined && { run: request.run }),
})

/** Bytes that a merge writes: a model of the ingredients' size, and where soups are tried, one beside it. */
export async function mergeWrites({ method, checkpoints }: Pick<MergeRequest, 'method' | 'checkpoints'>): Promise<number> {
  const sizes = await Promise.all(checkpoints.map(async (c) => (await sizeOf(path.resolve(c))).bytes))
  return Math.max(0, ...sizes) * (methodRecord(method.name).chooses ? 2 : 1)
}

type ProjectMerge = Omit<MergeRequest, 'out' | 'run' | 'forgetting'> & { readonly name: string }

/** Adds a merge to the project as a queued run. */
export function registerMerge(project: Project, request: ProjectMerge): RunRecord {
  const told = request.dtype === 'keep' ? undefined : request.dtype
  return startRun(project, {
    kind: 'merge',
    recipe: request.method.name,
    settings: {
      ...request.method,
      checkpoints: [...request.checkpoints],
      label: request.name,
      ...(told && { dtype: told }),
      ...(request.insist && { insist: true }),
    },
    folder: path.relative(project.folder, checkpointFolder(project, request.name)),
    status: 'queued',
  })
}

const stored = z.object({
  checkpoints: z.array(z.string()),
  label: z.string(),
  dtype: mergeDtypeSchema.optional(),
  insist: z.boolean().optional(),
})

/** Reconstructs a run's merge request from its record; checkpoints are given as recorded. */
export function mergeOf({ settings }: Pick<RunRecord, 'settings'>): ProjectMerge {
  const { checkpoints, label, dtype, insist, ...method } = settings
  const asked = stored.parse({ checkpoints, label, dtype, insist })
  return {
    name: asked.label,
    method: mergeMethodSchema.parse(method),
    checkpoints: asked.checkpoints,
    dtype: asked.dtype,
    insist: asked.insist,
  }
}

/** Like `startMerge`, and adds the run and the checkpoint under this name to the project. */
export function mergeIntoProject(
  app: AppContext,
  project: Project,
  request: ProjectMerge,
  onProgress?: (p: JobProgress) => void,
  run = registerMerge(project, request),
) {
  const out = checkpointFolder(project, request.name)
  const folder = path.relative(project.folder, out)
  const running = startMerge(app, project, { ...request, out, run: run.id }, onProgress)
  void running.begun.then(() => noteFailure(() => updateRun(project, run.id, { status: 'running' })))
  const result = running.result.then(
    async (done) => {
      const metrics = accuracies(done.measured)
      enter(project, out, () => {
        updateRun(project, run.id, {
          status: 'done',
          metrics: {
            ...metrics,
            seconds: done.seconds,
            ...(done.knowledge && { knowledge: done.knowledge }),
            ...(done.leftOut.length && { leftOut: done.leftOut }),
          },
        })
        addCheckpoint(project, { name: request.name, kind: 'soup', runId: run.id, folder, metrics })
      })
      await releaseSoup(out).catch(() => undefined) // the project's next opening tries again
      return { runId: run.id, result: done }
    },
    (e: unknown) => {
      const stopped = e instanceof DashiError && e.fault === 'cancelled'
      noteFailure(() => updateRun(project, run.id, { status: stopped ? 'cancelled' : 'failed', error: stopped ? null : errorLine(e) }))
      collectSoups(project, [getRun(project, run.id)])
      throw e
    },
  )
  return { runId: run.id, result, waits: running.waits, begun: running.begun, cancel: running.cancel }
}
