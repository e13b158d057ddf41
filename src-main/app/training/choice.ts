/** The images of a training that was asked for some of them only. */
import path from 'node:path'
import { userError } from '#shared/errors.ts'
import { classesOf } from '#shared/model/job.ts'
import type { TrainingChoice } from '#shared/model/training-choice.ts'
import { sentence } from '#shared/sentences/table.ts'
import { dividedRows, splitNames } from '../../db/curated.ts'
import { allTags } from '../../db/image-labels.ts'
import { mediaIds } from '../../db/media-query.ts'
import { asOfSnapshot } from '../projects/index.ts'
import type { Project } from '../projects/project.ts'
import type { LabelledData } from './collected.ts'

/** What `read` finds in the project, reduced to the choice. */
export function chosenFrom<D extends LabelledData>(project: Project, choice: TrainingChoice | undefined, read: () => D): D {
  const { forgetting: _, ...data } = choice ?? {}
  if (!choice || !Object.keys(data).length) return read()
  if (choice.snapshot === undefined) return reduced(project, choice, read())
  return asOfSnapshot(project, choice.snapshot, () => reduced(project, choice, read()))
}

function reduced<D extends LabelledData>(project: Project, choice: TrainingChoice, data: D): D {
  const passes = choice.filter && new Set(mediaIds(project.db, choice.filter, { limit: 1_000_000_000 }))
  const known = splitNames(project.db)
  for (const name of [...(choice.train ?? []), ...(choice.val ?? []), ...(choice.test ?? [])])
    if (!known.includes(name))
      throw userError(sentence('training.no-split', { split: name, splits: known.flatMap((s) => s ?? []).join(', ') || 'none' }))
  const splits: LabelledData['splits'] = {}
  const ids: LabelledData['mediaIds'] = {}
  const roles = rolesOf(choice, Object.keys(data.splits))
  for (const [from, to] of roles)
    data.splits[from]?.forEach((item, i) => {
      const id = data.mediaIds[from]![i]!
      if (passes && !passes.has(id)) return
      ;(splits[to] ??= []).push(item)
      ;(ids[to] ??= []).push(id)
    })
  const chosen = { ...data, splits, mediaIds: ids }
  return withoutUnused(choice.holdOut && choice.holdOut !== 'none' ? heldOut(project, choice, chosen) : chosen)
}

/** The name under which the images of each split are used. A split that is learned from is not measured as well. */
function rolesOf({ train = ['train'], val = ['val'], test }: TrainingChoice, splits: readonly string[]): Map<string, string> {
  const both = train.find((s) => val.includes(s))
  if (both !== undefined) throw userError(sentence('training.split-twice', { split: both }))
  const others = test ?? splits.filter((s) => s !== 'train' && s !== 'val')
  const roles = new Map<string, string>(others.map((s) => [s, s === 'train' || s === 'val' ? `${s}-measured` : s]))
  for (const s of val) roles.set(s, 'val')
  for (const s of train) roles.set(s, 'train')
  return roles
}

/** Leaves out training images of whose group an image is measured. */
function heldOut<D extends LabelledData>(project: Project, choice: TrainingChoice, data: D): D {
  const groups = groupsBy(project, choice)
  const measured = new Set(
    Object.entries(data.mediaIds).flatMap(([split, ids]) => (split === 'train' ? [] : ids.flatMap((id) => groups.get(id) ?? []))),
  )
  const keeps = (id: number) => !(groups.get(id) ?? []).some((g) => measured.has(g))
  const ids = data.mediaIds['train'] ?? []
  return {
    ...data,
    splits: { ...data.splits, train: (data.splits['train'] ?? []).filter((_, i) => keeps(ids[i]!)) },
    mediaIds: { ...data.mediaIds, train: ids.filter(keeps) },
  }
}

/** The groups of each image. */
export function groupsBy(
  { db }: Project,
  { holdOut, tagPrefix = '' }: Pick<TrainingChoice, 'holdOut' | 'tagPrefix'>,
): Map<number, string[]> {
  const groups = new Map<number, string[]>()
  const add = (id: number, group: string) => void groups.set(id, [...(groups.get(id) ?? []), group])
  if (holdOut === 'tag') for (const { image, tag } of allTags(db)) if (tag.startsWith(tagPrefix)) add(image, tag)
  if (holdOut === 'folder' || holdOut === 'duplicates')
    for (const row of dividedRows(db)) {
      if (holdOut === 'folder') add(row.id, `${row.root} ${path.posix.dirname(row.path)}`)
      else {
        if (row.duplicates !== null) add(row.id, `group ${row.duplicates}`)
        if (row.hash !== null) add(row.id, `bytes ${row.hash}`)
      }
    }
  return groups
}

/** Without the classes that no image has any more. */
function withoutUnused<D extends LabelledData>(data: D): D {
  const items = Object.values(data.splits).flat()
  const used = new Set(items.flatMap(classesOf))
  if (used.size === data.classes.length) return data
  const kept = data.classes.flatMap((_, i) => (used.has(i) ? [i] : []))
  const at = new Map(kept.map((old, i) => [old, i]))
  const of = <R extends { class: number }>(regions: R[] | undefined) => regions?.map((r) => ({ ...r, class: at.get(r.class)! }))
  const renumbered = (item: (typeof items)[number]) => ({
    ...item,
    label: at.get(item.label) ?? 0,
    ...(item.boxes && { boxes: of(item.boxes)! }),
    ...(item.masks && { masks: of(item.masks)! }),
  })
  return {
    ...data,
    classes: kept.map((i) => data.classes[i]!),
    splits: Object.fromEntries(Object.entries(data.splits).map(([split, own]) => [split, own.map(renumbered)])),
  }
}
