import path from 'node:path'
import type { AnyComparison, Comparison, OrderComparison } from '#shared/contract/evaluation.ts'
import { predictionsOf, type ResultOf } from '#shared/model/job.ts'
import type { ComparedTask } from '#shared/model/region-comparison.ts'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { argmaxRows, evaluatePredictions, holm, mcnemar, outcomes, softmaxRows } from '../../engine/metrics/index.ts'
import { type AppContext, deviceFor } from '../context.ts'
import { namedModels } from '../merging/models.ts'
import type { Project } from '../projects/index.ts'
import { checkMedia } from '../media/files.ts'
import type { LabelledData } from '../training/collected.ts'
import { dataFor } from '../training/dataset.ts'
import { imagesOfJobs } from '../training/readable.ts'
import { type ComparedRegions, comparedRegions } from './compare-regions.ts'
import { requireSwaps } from './evaluate.ts'

/** Maximum number of differing images listed per split; metrics and counts cover all of them. */
const LISTED = 300
/** Maximum number of images of one confusion. */
const PICTURED = 60

interface CompareControl {
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

/** Compares checkpoints at a task on the same splits and finds the images on which they disagree. */
export async function compareCheckpoints(
  app: AppContext,
  project: Project,
  request: { task: ComparedTask; checkpoints: readonly string[]; splits?: readonly string[] },
  control: CompareControl = {},
): Promise<AnyComparison> {
  const { task } = request
  const unreadable = await checkMedia(project, imagesOfJobs(project, task), { signal: control.signal })
  for (;;) {
    const compared = await compareReadable(app, project, request, dataFor(project, task, unreadable), control)
    if (!(compared instanceof Set)) return compared
    for (const id of compared) unreadable.set(id, 'can no longer be read')
  }
}

/** The comparison; or, if images became unreadable meanwhile, their ids, since rows must be over the same images. */
async function compareReadable(
  app: AppContext,
  project: Project,
  request: Parameters<typeof compareCheckpoints>[2],
  { classes, splits: all, mediaIds }: LabelledData,
  { signal, onProgress }: CompareControl,
): Promise<AnyComparison | Set<number>> {
  const { task } = request
  const names = Object.keys(all).filter((s) => (request.splits ? request.splits.includes(s) : s !== 'train') && all[s]!.length)
  requireSwaps(project, task, Object.fromEntries(names.map((s) => [s, all[s]!])))
  const none = task === 'classify' ? 'evaluation.no-images-in-splits' : 'evaluation.no-regions-in-splits'
  if (!names.length) throw userError(sentence(none, { folder: project.folder }))
  const splits = Object.fromEntries(names.map((s) => [s, all[s]!]))
  const results: ResultOf<'evaluate'>[] = []
  for (const [i, checkpoint] of request.checkpoints.entries()) {
    const running = app.engine.run(
      { kind: 'evaluate', task, checkpoint, device: deviceFor(app), classes, splits, cache: path.join(app.cache, 'features'), found: true },
      ({ done, total }) => onProgress?.(i + done / total, request.checkpoints.length),
    )
    signal?.addEventListener('abort', running.cancel, { once: true })
    if (signal?.aborted) running.cancel()
    const result = await running.result.finally(() => signal?.removeEventListener('abort', running.cancel))
    if (result.leftOut.length) {
      const gone = new Set(result.leftOut.map((l) => l.file))
      return new Set(names.flatMap((s) => splits[s]!.flatMap((item, k) => (gone.has(item.name ?? item.file) ? [mediaIds[s]![k]!] : []))))
    }
    results.push(result)
  }
  const known = new Map(namedModels(app, project).map((m) => [m.dir, m.name]))
  const named = results.map((r) => ({ ...r, name: known.get(path.resolve(r.checkpoint)) ?? path.basename(r.checkpoint) }))
  const compared = { classes: classes.map((k) => k.name), splits, mediaIds, results: named, signal, listed: LISTED }
  if (task === 'word-order') return comparedOrders(compared)
  return task === 'classify' ? comparedClasses(compared) : comparedRegions(project, task, compared)
}

function comparedOrders({ splits, results }: Pick<ComparedRegions, 'splits' | 'results'>): OrderComparison {
  const rows = results.map(({ checkpoint, name, measured }) => {
    if (measured.task !== 'word-order') throw new Error(`the order of words was asked for, found the task ${measured.task}`)
    return { checkpoint, name, splits: measured.splits }
  })
  return { task: 'word-order', splits: Object.keys(splits).filter((s) => rows.every((row) => row.splits[s]?.swaps)), rows }
}

/** Classifiers by the class that each says of every image. */
function comparedClasses({ classes, splits, mediaIds, results }: Omit<ComparedRegions, 'signal' | 'listed'>): Comparison {
  const names = Object.keys(splits)
  const c = classes.length
  const differing: Record<string, number> = {}
  const differences: Comparison['differences'] = []
  for (const split of names) {
    const answers = results.map((r) => {
      const { logits } = predictionsOf(r.measured)[split]!
      return { best: argmaxRows(logits, c), logits }
    })
    const apart = splits[split]!.flatMap((item, i) => (answers.every((a) => a.best[i] === answers[0]!.best[i]) ? [] : [{ item, i }]))
    differing[split] = apart.length
    for (const { item, i } of apart.slice(0, LISTED)) {
      const predictions = answers.map((a) => ({ class: a.best[i]!, p: softmaxRows(a.logits.subarray(i * c, (i + 1) * c), c)[a.best[i]!]! }))
      differences.push({ mediaId: mediaIds[split]![i]!, file: item.file, split, truth: item.label, predictions })
    }
  }
  return {
    task: 'classify',
    classes: [...classes],
    splits: names,
    rows: results.map((r) => ({
      checkpoint: r.checkpoint,
      name: r.name,
      splits: Object.fromEntries(names.map((s) => [s, evaluatePredictions({ classes: c, ...predictionsOf(r.measured)[s]! })])),
    })),
    pairs: names.flatMap((split) =>
      pairsOf(
        split,
        results.map((r) => outcomes({ classes: c, ...predictionsOf(r.measured)[split]! })),
      ),
    ),
    differing,
    differences,
    confusions: names.flatMap((split) =>
      results.map((r, row) => {
        const { logits, labels } = predictionsOf(r.measured)[split]!
        return { row, split, cells: confusionCells(argmaxRows(logits, c), labels, mediaIds[split]!) }
      }),
    ),
  }
}

/** The cells of a confusion matrix that are not empty, with the images of those that are off its diagonal. */
export function confusionCells(
  said: ArrayLike<number>,
  truths: ArrayLike<number>,
  images: readonly number[],
): Comparison['confusions'][number]['cells'] {
  const cells = new Map<string, Comparison['confusions'][number]['cells'][number]>()
  for (let i = 0; i < truths.length; i++) {
    const key = `${truths[i]} ${said[i]}`
    const cell = cells.get(key) ?? { truth: truths[i]!, said: said[i]!, n: 0, images: [] }
    cells.set(key, cell)
    cell.n++
    if (cell.truth !== cell.said && cell.images.length < PICTURED) cell.images.push(images[i]!)
  }
  return [...cells.values()].sort((a, b) => b.n - a.n || a.truth - b.truth || a.said - b.said)
}

/** All pairs of rows on the same images, with Holm's correction over the pairs of the split. */
function pairsOf(split: string, right: readonly Uint8Array[]): Comparison['pairs'] {
  const pairs = right.flatMap((x, a) =>
    right.slice(a + 1).map((y, k) => {
      const onlyA = x.reduce((n, v, i) => n + (v > y[i]! ? 1 : 0), 0)
      const onlyB = x.reduce((n, v, i) => n + (v < y[i]! ? 1 : 0), 0)
      return { split, a, b: a + 1 + k, onlyA, onlyB, p: mcnemar(onlyA, onlyB).p }
    }),
  )
  const corrected = holm(pairs.map((p) => p.p))
  return pairs.map((pair, i) => ({ ...pair, p: corrected[i]! }))
}
