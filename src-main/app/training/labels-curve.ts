/** What labels have brought: the accuracy of each training against the number of labels that it was given. */
import { z } from 'zod'
import type { Item } from '#shared/model/job.ts'
import type { LabelsPoint } from '#shared/model/next.ts'
import { wilson } from '../../engine/metrics/index.ts'
import { listRuns, type Project } from '../projects/index.ts'
import { nameOf } from './names.ts'

/** Labelled images by split, as a run's record keeps them. */
export const imagesIn = (splits: Readonly<Record<string, readonly Item[]>>): Record<string, number> =>
  Object.fromEntries(Object.entries(splits).map(([split, items]) => [split, items.length]))

const kept = z.object({ images: z.record(z.string(), z.number().int().nonnegative()) })

/** The first that a run was measured on is shown; no training sees these images. */
const measuredOn = ['heldOut', 'test', 'id', 'val']

/**
 * Trainings by number of labels, then by age. Those of earlier versions, which did not record it, and those measured on no image
 * are left out.
 */
export function labelsCurve(project: Project): LabelsPoint[] {
  const points = listRuns(project, 'train').flatMap((run): LabelsPoint[] => {
    const counts = kept.safeParse(run.metrics).data?.images
    const split = measuredOn.find((s) => counts?.[s] && typeof run.metrics[s] === 'number')
    if (run.status !== 'done' || !counts || split === undefined) return []
    const [accuracy, images] = [run.metrics[split] as number, counts[split]!]
    const [low, high] = wilson(Math.round(accuracy * images), images)
    const { id: runId, recipe, created } = run
    return [{ runId, name: nameOf(run), recipe: recipe ?? '', created, labels: counts['train'] ?? 0, split, images, accuracy, low, high }]
  })
  return points.sort((a, b) => a.labels - b.labels || a.created - b.created)
}
