import path from 'node:path'
import type { Comparison } from '#shared/contract/rooms.ts'
import type { JobResult } from '#shared/model/job.ts'
import { userError } from '#shared/errors.ts'
import { evaluatePredictions } from '../../engine/metrics/evaluate.ts'
import { argmaxRows, softmaxRows } from '../../engine/metrics/predictions.ts'
import type { AppContext } from '../context.ts'
import { listCheckpoints, type Project } from '../projects/index.ts'
import { classificationData } from '../training/dataset.ts'

/** The images that are listed as differing; the metrics cover all. */
const LISTED = 500

/** Several checkpoints on the same splits, and the images on which they do not agree. */
export async function compareCheckpoints(
  app: AppContext,
  project: Project,
  request: { checkpoints: readonly string[]; splits?: readonly string[] },
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void } = {},
): Promise<Comparison> {
  const { classes, splits: all, mediaIds } = classificationData(project)
  const names = Object.keys(all).filter((s) => (request.splits ? request.splits.includes(s) : s !== 'train') && all[s]!.length)
  if (!names.length) throw userError(`${project.folder}: no labelled images in the splits asked for`)
  const splits = Object.fromEntries(names.map((s) => [s, all[s]!]))
  const results: JobResult[] = []
  for (const [i, checkpoint] of request.checkpoints.entries()) {
    const running = app.engine.run(
      { kind: 'evaluate', checkpoint, device: 'auto', classes, splits, cache: path.join(app.cache, 'features') },
      ({ done, total }) => onProgress?.(i + done / total, request.checkpoints.length),
    )
    signal?.addEventListener('abort', running.cancel, { once: true })
    results.push(await running.result)
    signal?.removeEventListener('abort', running.cancel)
  }
  const c = classes.length
  const named = new Map(listCheckpoints(project).map((k) => [path.resolve(project.folder, k.folder), k.name]))
  return {
    classes: classes.map((k) => k.name),
    splits: names,
    rows: results.map((r) => ({
      checkpoint: r.checkpoint,
      name: named.get(path.resolve(r.checkpoint)) ?? path.basename(r.checkpoint),
      splits: Object.fromEntries(names.map((s) => [s, evaluatePredictions({ classes: c, ...r.splits[s]! })])),
    })),
    differences: names
      .flatMap((split) => {
        const answers = results.map((r) => ({ best: argmaxRows(r.splits[split]!.logits, c), logits: r.splits[split]!.logits }))
        return splits[split]!.flatMap((item, i) => {
          if (answers.every((a) => a.best[i] === answers[0]!.best[i])) return []
          const predictions = answers.map((a) => ({ class: a.best[i]!, p: softmaxRows(a.logits.subarray(i * c, (i + 1) * c), c)[a.best[i]!]! }))
          return [{ mediaId: mediaIds[split]![i]!, file: item.file, split, truth: item.label, predictions }]
        })
      })
      .slice(0, LISTED),
  }
}
