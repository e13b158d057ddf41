import { userError } from '#shared/errors.ts'
import type { TrainingChoice } from '#shared/model/training-choice.ts'
import { sentence } from '#shared/sentences/table.ts'
import { labelledRows } from '../../db/labelled.ts'
import { captionTask, classify, regionTask } from '../../engine/tasks/index.ts'
import type { Project } from '../projects/project.ts'
import { captionData, captionTrainingData } from './captions.ts'
import { chosenFrom } from './choice.ts'
import { classesIn, Collected, type LabelledData } from './collected.ts'
import { regionData, regionTrainingData } from './regions.ts'

export interface ClassificationData extends LabelledData {
  /** Number of images left out because several labels were accepted for them. */
  readonly ambiguous: number
}

/**
 * The project's images with their accepted labels, as a classification dataset. Images in no split and unreadable
 * ones are left out: those of `unreadable` if given, else those found by the last check (readable.ts).
 */
export function classificationData(project: Project, unreadable?: ReadonlyMap<number, string>): ClassificationData {
  const rows = labelledRows(project.db)
  const { classes, index } = classesIn(project, rows)
  const collected = new Collected(project, unreadable)
  let ambiguous = 0
  for (let i = 0; i < rows.length;) {
    const row = rows[i]!
    const own = new Set<number>()
    for (; rows[i]?.id === row.id; i++) own.add(index.get(rows[i]!.label_id)!)
    const target = classify.target({ labels: [...own] })
    if (target) collected.add(row, { label: target.class })
    else ambiguous++
  }
  const { splits, mediaIds, leftOut } = collected
  return { classes, splits, mediaIds, ambiguous, leftOut }
}

/** The dataset of a task, by its id. */
export const dataFor = (
  project: Project,
  task: string,
  unreadable?: ReadonlyMap<number, string>,
): LabelledData & { ambiguous?: number } => {
  const captions = captionTask(task)
  if (captions) return captionData(project, captions, unreadable)
  const regions = regionTask(task)
  return regions ? regionData(project, regions, unreadable) : classificationData(project, unreadable)
}

/** The same for training. @throws a user fault explaining what to do if it is insufficient for training */
export const trainingDataFor = (
  project: Project,
  task: string,
  unreadable?: ReadonlyMap<number, string>,
  choice?: TrainingChoice,
): LabelledData => {
  const captions = captionTask(task)
  if (captions) return captionTrainingData(project, captions, unreadable, choice)
  const regions = regionTask(task)
  return regions ? regionTrainingData(project, regions, unreadable, choice) : trainingData(project, unreadable, choice)
}

/** The same dataset. @throws a user fault explaining what to do if it is insufficient for training */
export function trainingData(project: Project, unreadable?: ReadonlyMap<number, string>, choice?: TrainingChoice): ClassificationData {
  const data = chosenFrom(project, choice, () => classificationData(project, unreadable))
  const [first] = data.leftOut
  if (!data.splits['train']?.length)
    throw userError(
      first
        ? sentence('training.unreadable', { folder: project.folder, n: data.leftOut.length, ...first })
        : sentence('training.unlabelled', { folder: project.folder }),
    )
  if (data.classes.length < 2)
    throw userError(sentence('training.one-label', { folder: project.folder, label: data.classes[0]?.name ?? '' }))
  return data
}
