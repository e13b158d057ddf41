import path from 'node:path'
import type { Device, JobProgress, JobResult } from '#shared/model/job.ts'
import { userError } from '#shared/errors.ts'
import type { AppContext } from '../context.ts'
import type { Project } from '../projects/index.ts'
import { classificationData } from '../training/dataset.ts'

/** Predictions of a checkpoint on the project's splits, all or the one that is named. */
export function evaluateCheckpoint(
  app: AppContext,
  project: Project,
  request: { checkpoint: string; split?: string; device?: Device },
  onProgress?: (p: JobProgress) => void,
): { result: Promise<JobResult>; cancel(): void } {
  const { classes, splits } = classificationData(project)
  const wanted = request.split === undefined ? splits : { [request.split]: splits[request.split] ?? [] }
  if (!Object.values(wanted).some((items) => items.length)) {
    const there = Object.keys(splits).join(', ') || 'none'
    throw userError(`${project.folder}: no labelled images in ${request.split === undefined ? 'any split' : `the split "${request.split}"`} (splits: ${there})`)
  }
  return app.engine.run(
    { kind: 'evaluate', checkpoint: path.resolve(request.checkpoint), device: request.device ?? 'auto', classes, splits: wanted, cache: path.join(app.cache, 'features') },
    onProgress,
  )
}
