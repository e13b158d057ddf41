/** Accepted captions as targets, with the accepted masks beside them where a task uses those. */
import { z } from 'zod'
import { span } from '#shared/model/caption.ts'
import { classesOf, type Item } from '#shared/model/job.ts'
import { userError } from '#shared/errors.ts'
import type { TrainingChoice } from '#shared/model/training-choice.ts'
import { sentence } from '#shared/sentences/table.ts'
import { type CaptionRow, captionRows, labelledRows } from '../../db/labelled.ts'
import { swapsIn } from '../../engine/data/index.ts'
import { type CaptionTask, classify } from '../../engine/tasks/index.ts'
import type { Project } from '../projects/project.ts'
import { chosenFrom } from './choice.ts'
import { classesIn, Collected, type LabelledData } from './collected.ts'
import { masksByImage } from './regions.ts'

/**
 * The project's images with accepted captions of the image as a whole; and, if the task uses masks, with its accepted masks of a
 * label, and those images that have only masks: they are measured on. Proposals are none; images in no split and unreadable ones
 * are left out. If it uses labels, the label of images that have exactly one is given as well, and so are images with nothing else.
 */
export function captionData(project: Project, task: CaptionTask, unreadable?: ReadonlyMap<number, string>): LabelledData {
  const { classes, rows: masked } = task.masks ? masksByImage(project) : { classes: [], rows: new Map<number, never>() }
  const images = new Map<
    number,
    { row: Omit<CaptionRow, 'text' | 'spans'>; captions: string[]; swaps?: Item['swaps']; masks: Item['masks'] }
  >()
  for (const [id, { row, masks }] of masked) images.set(id, { row, captions: [], masks })
  for (const row of captionRows(project.db)) {
    const image = images.get(row.id) ?? { row, captions: [], masks: undefined }
    images.set(row.id, image)
    image.captions.push(row.text)
    if (task.swaps) image.swaps = [...(image.swaps ?? []), ...swapsOf(row)]
  }
  const collected = new Collected(project, unreadable)
  const labels = task.labels ? classificationLabels(project) : undefined
  for (const { row } of labels?.images.values() ?? []) if (!images.has(row.id)) images.set(row.id, { row, captions: [], masks: undefined })
  for (const [id, { row, captions, swaps, masks }] of [...images].sort(([a], [b]) => a - b)) {
    const target = task.target({ captions })
    const label = labels?.images.get(id)?.label
    if (target || masks || label !== undefined)
      collected.add(row, {
        label: label ?? 0,
        ...(masks && { masks }),
        ...(target && { captions: [...target.texts] }),
        ...(swaps?.length && { swaps }),
        ...(target && label !== undefined && { labelled: true }),
      })
  }
  const { splits, mediaIds, leftOut } = collected
  return { classes: labels?.classes ?? classes, splits, mediaIds, leftOut }
}

/** Spans without a region are phrases that nobody tied to anything. */
const spans = z.array(span)
const swapsOf = (row: CaptionRow): NonNullable<Item['swaps']> => {
  const tied = spans.parse(JSON.parse(row.spans)).filter(({ regions }) => regions.length)
  return swapsIn(row.text, tied).map((swapped) => ({ caption: row.text, swapped }))
}

/** The images that have one accepted label, by id, with its number among the labels in use. */
function classificationLabels(project: Project) {
  const rows = labelledRows(project.db)
  const { classes, index } = classesIn(project, rows)
  const images = new Map<number, { row: Omit<CaptionRow, 'text' | 'spans'>; label: number }>()
  for (let i = 0; i < rows.length;) {
    const row = rows[i]!
    const own = new Set<number>()
    for (; rows[i]?.id === row.id; i++) own.add(index.get(rows[i]!.label_id)!)
    const target = classify.target({ labels: [...own] })
    if (target) images.set(row.id, { row, label: target.class })
  }
  return { classes, images }
}

/** The same dataset. @throws a user fault explaining what to do if there is nothing to train on */
export function captionTrainingData(
  project: Project,
  task: CaptionTask,
  unreadable?: ReadonlyMap<number, string>,
  choice?: TrainingChoice,
): LabelledData {
  const data = chosenFrom(project, choice, () => captionData(project, task, unreadable))
  const train = data.splits['train'] ?? []
  if (train.some((item) => item.captions)) {
    if (!task.labels || train.some((item) => classesOf(item).length)) return data
    throw userError(sentence('training.unlabelled', { folder: project.folder }))
  }
  const [first] = data.leftOut
  const { folder } = project
  throw userError(
    first
      ? sentence('training.captions-unreadable', { folder, n: data.leftOut.length, ...first })
      : sentence('training.no-captions', { folder }),
  )
}
