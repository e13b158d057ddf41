import type { ClassSpec, Item, LeftOut } from '#shared/model/job.ts'
import { promptSet } from '#shared/model/prompts.ts'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { labelPrompts } from '../../db/labels.ts'
import { labelledRows } from '../../db/labelled.ts'
import { classify } from '../../engine/tasks/index.ts'
import type { Project } from '../projects/project.ts'
import { linkReason } from '../../files/within.ts'
import { placesOf } from '../projects/index.ts'

export interface ClassificationData {
  /** The labels in use, in order of creation. */
  readonly classes: ClassSpec[]
  /** Images with one accepted label, by split. */
  readonly splits: Record<string, Item[]>
  /** The media ids of the splits' items, in the same order. */
  readonly mediaIds: Record<string, number[]>
  /** Number of images left out because several labels were accepted for them. */
  readonly ambiguous: number
  /** Unreadable images: they are in no split. */
  readonly leftOut: LeftOut[]
}

/**
 * The project's images with their accepted labels, as a classification dataset. Images in no split and unreadable
 * ones are left out: those of `unreadable` if given, else those found by the last check (readable.ts).
 */
export function classificationData(project: Project, unreadable?: ReadonlyMap<number, string>): ClassificationData {
  const { db } = project
  const places = placesOf(project)
  const rows = labelledRows(db)
  const used = new Set(rows.map((r) => r.label_id))
  const labels = labelPrompts(db).filter((l) => used.has(l.id))
  const index = new Map(labels.map((l, i) => [l.id, i]))
  const splits: Record<string, Item[]> = {}
  const mediaIds: Record<string, number[]> = {}
  const leftOut: LeftOut[] = []
  let ambiguous = 0
  for (let i = 0; i < rows.length;) {
    const row = rows[i]!
    const own = new Set<number>()
    for (; rows[i]?.id === row.id; i++) own.add(index.get(rows[i]!.label_id)!)
    const target = classify.target({ labels: [...own] })
    if (!target) {
      ambiguous++
      continue
    }
    const place = places.get(row.root)!
    const link = place.linkOut(row.path)
    const reason = link !== null ? linkReason(link) : unreadable ? unreadable.get(row.id) : row.problem
    if (reason != null) {
      leftOut.push({ file: row.path, reason })
      continue
    }
    ;(splits[row.split] ??= []).push({
      file: place.file(row.path),
      label: target.class,
      hash: row.content_hash,
      name: row.path,
    })
    ;(mediaIds[row.split] ??= []).push(row.id)
  }
  const classes = labels.map(({ name, prompts }) => ({ name, phrase: promptSet(JSON.parse(prompts) as string[]).words[0] ?? null }))
  return { classes, splits, mediaIds, ambiguous, leftOut }
}

/** The same dataset. @throws a user fault explaining what to do if it is insufficient for training */
export function trainingData(project: Project, unreadable?: ReadonlyMap<number, string>): ClassificationData {
  const data = classificationData(project, unreadable)
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
