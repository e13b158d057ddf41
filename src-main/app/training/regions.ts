/** Accepted regions as targets of detection and segmentation. */
import { clipBox, shapeBox } from '#shared/geometry/box.ts'
import { shapeMask } from '#shared/geometry/shape.ts'
import { rleArea } from '#shared/geometry/rle.ts'
import { userError } from '#shared/errors.ts'
import type { ClassSpec, Item } from '#shared/model/job.ts'
import type { Shape } from '#shared/model/shape.ts'
import type { Accepted, ClassMask } from '#shared/model/target.ts'
import type { TrainingChoice } from '#shared/model/training-choice.ts'
import { sentence } from '#shared/sentences/table.ts'
import { labelledRegionRows, type RegionRow } from '../../db/labelled.ts'
import type { AnyRegionTask } from '../../engine/tasks/index.ts'
import type { Project } from '../projects/project.ts'
import { chosenFrom } from './choice.ts'
import { classesIn, Collected, type LabelledData } from './collected.ts'

/**
 * The project's images with their accepted regions of a label. Proposals, rejected regions and those without a label are
 * none; images in no split and unreadable ones are left out, as of classification.
 */
export function regionData(project: Project, task: AnyRegionTask, unreadable?: ReadonlyMap<number, string>): LabelledData {
  const rows = labelledRegionRows(project.db)
  const { classes, index } = classesIn(project, rows)
  const collected = new Collected(project, unreadable)
  for (let i = 0; i < rows.length;) {
    const row = rows[i]!
    const own: RegionRow[] = []
    for (; rows[i]?.id === row.id; i++) own.push(rows[i]!)
    const target = targetOf(task, own, index)
    if (target) collected.add(row, target)
  }
  const { splits, mediaIds, leftOut } = collected
  return { classes, splits, mediaIds, leftOut }
}

/** The same dataset. @throws a user fault explaining what to do if there is nothing to train on */
export function regionTrainingData(
  project: Project,
  task: AnyRegionTask,
  unreadable?: ReadonlyMap<number, string>,
  choice?: TrainingChoice,
): LabelledData {
  const data = chosenFrom(project, choice, () => regionData(project, task, unreadable))
  if (data.splits['train']?.length) return data
  const [first] = data.leftOut
  const { folder } = project
  throw userError(
    first
      ? sentence('training.regions-unreadable', { folder, n: data.leftOut.length, ...first })
      : sentence('training.no-regions', { folder }),
  )
}

/** The task's target of an image as its item holds it; null if none of the regions is one. */
function targetOf(
  task: AnyRegionTask,
  rows: readonly RegionRow[],
  index: ReadonlyMap<number, number>,
): Pick<Item, 'label' | 'boxes' | 'masks'> | null {
  const shapes = rows.map((row) => ({ class: index.get(row.label_id)!, shape: JSON.parse(row.shape) as Shape, row }))
  const target = task.target(
    task.targets === 'boxes'
      ? { boxes: shapes.flatMap(boxOf) }
      : { masks: shapes.filter(({ shape }) => task.boxesAreMasks || !isBox(shape)).flatMap(maskOf) },
  )
  if (!target) return null
  return target.kind === 'boxes' ? { label: 0, boxes: [...target.boxes] } : { label: 0, masks: [...target.masks] }
}

/** The accepted masks of each image in a split, boxes left out, with the labels in use. */
export function masksByImage(project: Project): { readonly classes: ClassSpec[]; readonly rows: Map<number, MaskedRow> } {
  const all = labelledRegionRows(project.db).map((row) => ({ row, shape: JSON.parse(row.shape) as Shape }))
  const outlined = all.filter(({ shape }) => !isBox(shape))
  const { classes, index } = classesIn(
    project,
    outlined.map(({ row }) => row),
  )
  const rows = new Map<number, MaskedRow>()
  for (const { row, shape } of outlined)
    for (const mask of maskOf({ class: index.get(row.label_id)!, shape, row })) {
      const own = rows.get(row.id) ?? { row, masks: [] }
      rows.set(row.id, own)
      own.masks.push(mask)
    }
  return { classes, rows }
}

interface MaskedRow {
  readonly row: RegionRow
  readonly masks: ClassMask[]
}

const isBox = ({ kind }: Shape): boolean => kind === 'box' || kind === 'rotated-box'

interface Labelled {
  readonly class: number
  readonly shape: Shape
  readonly row: RegionRow
}

/** The box around the part of a region that is in the image; none around a point or an upright line. */
function boxOf({ class: c, shape, row: { width, height } }: Labelled): NonNullable<Accepted['boxes']> {
  const box = clipBox(shapeBox(shape), width ?? Infinity, height ?? Infinity)
  return box && box.w > 0 && box.h > 0 ? [{ class: c, box }] : []
}

/** The pixels of a region; none of lines and points, or where the image's size is unknown. */
function maskOf({ class: c, shape, row: { width, height } }: Labelled): NonNullable<Accepted['masks']> {
  const mask = width === null || height === null ? null : shapeMask(shape, height, width)
  return mask && rleArea(mask) > 0 ? [{ class: c, mask }] : []
}
