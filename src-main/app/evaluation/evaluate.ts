import path from 'node:path'
import type { Device, EvaluateJob, JobProgress, LeftOut, ResultOf } from '#shared/model/job.ts'
import { userError } from '#shared/errors.ts'
import type { RunningJob } from '../../engine/index.ts'
import { sentence } from '#shared/sentences/table.ts'
import { type AppContext, deviceFor } from '../context.ts'
import type { Project } from '../projects/index.ts'
import { captionTask, regionTask } from '../../engine/tasks/index.ts'
import type { LabelledData } from '../training/collected.ts'
import { dataFor } from '../training/dataset.ts'
import { onceLookedAt } from '../training/readable.ts'

/** Measures a checkpoint at a task, classification by default, on the project's splits: all, or the named one. */
export function evaluateCheckpoint(
  app: AppContext,
  project: Project,
  request: { checkpoint: string; task?: string; split?: string; device?: Device },
  onProgress?: (p: JobProgress) => void,
  onLeftOut?: (images: readonly LeftOut[]) => void,
): RunningJob<ResultOf<'evaluate'>> {
  const make = (unreadable: ReadonlyMap<number, string>) =>
    evaluationOf(app, project, request, dataFor(project, request.task ?? 'classify', unreadable), onLeftOut)
  return app.engine.run(onceLookedAt(project, [path.resolve(request.checkpoint)], make, onProgress, request.task), onProgress)
}

/** @throws a user fault if the order of words is asked for, and no caption can be read in another */
export function requireSwaps({ folder }: Project, task: string | undefined, splits: EvaluateJob['splits']): void {
  const there = Object.keys(splits).join(', ') || 'none'
  if (captionTask(task ?? '')?.swaps && !Object.values(splits).some((items) => items.some((item) => item.swaps?.length)))
    throw userError(sentence('evaluation.no-swaps', { folder, splits: there }))
}

function evaluationOf(
  app: AppContext,
  project: Project,
  request: Parameters<typeof evaluateCheckpoint>[2],
  { classes, splits, leftOut }: LabelledData,
  onLeftOut?: (images: readonly LeftOut[]) => void,
): EvaluateJob {
  const wanted = request.split === undefined ? splits : { [request.split]: splits[request.split] ?? [] }
  requireSwaps(project, request.task, wanted)
  if (!Object.values(wanted).some((items) => items.length)) {
    const there = Object.keys(splits).join(', ') || 'none'
    const { folder } = project
    const regions = regionTask(request.task ?? 'classify') !== undefined
    if (request.split === undefined)
      throw userError(sentence(regions ? 'evaluation.no-regions' : 'evaluation.no-images', { folder, splits: there }))
    const none = regions ? 'evaluation.no-regions-in-split' : 'evaluation.no-images-in-split'
    throw userError(sentence(none, { folder, split: request.split, splits: there }))
  }
  if (leftOut.length) onLeftOut?.(leftOut)
  return {
    kind: 'evaluate',
    checkpoint: path.resolve(request.checkpoint),
    task: request.task ?? 'classify',
    device: deviceFor(app, request.device),
    classes,
    splits: wanted,
    leftOut,
    cache: path.join(app.cache, 'features'),
  }
}
