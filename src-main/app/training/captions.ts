/** Accepted captions as targets, with the accepted masks beside them where a task uses those. */
import type { Item } from '#shared/model/job.ts'
import { userError } from '#shared/errors.ts'
import type { TrainingChoice } from '#shared/model/training-choice.ts'
import { sentence } from '#shared/sentences/table.ts'
import { type CaptionRow, captionRows } from '../../db/labelled.ts'
import type { CaptionTask } from '../../engine/tasks/index.ts'
import type { Project } from '../projects/project.ts'
import { chosenFrom } from './choice.ts'
import { Collected, type LabelledData } from './collected.ts'
import { masksByImage } from './regions.ts'

/**
 * The project's images with accepted captions of the image as a whole; and, if the task uses masks, with its accepted masks of a
 * label, and those images that have only masks: they are measured on. Proposals are none; images in no split and unreadable ones
 * are left out.
 */
export function captionData(project: Project, task: CaptionTask, unreadable?: ReadonlyMap<number, string>): LabelledData {
  const { classes, rows: masked } = task.masks ? masksByImage(project) : { classes: [], rows: new Map<number, never>() }
  const images = new Map<number, { row: Omit<CaptionRow, 'text'>; captions: string[]; masks: Item['masks'] }>()
  for (const [id, { row, masks }] of masked) images.set(id, { row, captions: [], masks })
  for (const row of captionRows(project.db)) {
    const image = images.get(row.id) ?? { row, captions: [], masks: undefined }
    images.set(row.id, image)
    image.captions.push(row.text)
  }
  const collected = new Collected(project, unreadable)
  for (const [, { row, captions, masks }] of [...images].sort(([a], [b]) => a - b)) {
    const target = task.target({ captions })
    if (target || masks) collected.add(row, { label: 0, ...(masks && { masks }), ...(target && { captions: [...target.texts] }) })
  }
  const { splits, mediaIds, leftOut } = collected
  return { classes, splits, mediaIds, leftOut }
}

/** The same dataset. @throws a user fault explaining what to do if there is nothing to train on */
export function captionTrainingData(
  project: Project,
  task: CaptionTask,
  unreadable?: ReadonlyMap<number, string>,
  choice?: TrainingChoice,
): LabelledData {
  const data = chosenFrom(project, choice, () => captionData(project, task, unreadable))
  if (data.splits['train']?.some((item) => item.captions)) return data
  const [first] = data.leftOut
  const { folder } = project
  throw userError(
    first
      ? sentence('training.captions-unreadable', { folder, n: data.leftOut.length, ...first })
      : sentence('training.no-captions', { folder }),
  )
}
