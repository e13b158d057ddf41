import type { ClassSpec, Item } from '#shared/model/job.ts'
import { userError } from '#shared/errors.ts'
import type { Project } from '../projects/project.ts'
import { placesOf } from '../projects/records.ts'

export interface ClassificationData {
  /** The labels that images have, in the order in which they were made. */
  readonly classes: ClassSpec[]
  /** Images with one accepted label, by split. */
  readonly splits: Record<string, Item[]>
  /** The media ids of the splits' items, in the same order. */
  readonly mediaIds: Record<string, number[]>
  /** Images that were left out because several labels were accepted for them. */
  readonly ambiguous: number
}

interface Row {
  [column: string]: unknown
  id: number
  root: number
  path: string
  split: string
  content_hash: string | null
  label_id: number
}

/** The project's images with their labels, as an image classification task. Images in no split are left out. */
export function classificationData(project: Project): ClassificationData {
  const { db } = project
  const places = placesOf(project)
  const rows = db.all<Row & Record<string, never>>(
    `SELECT m.id, m.root_id AS root, m.path, m.split, m.content_hash, l.label_id FROM media m
     JOIN media_label l ON l.media_id = m.id AND l.state = 'accepted'
     WHERE m.split IS NOT NULL ORDER BY m.id, l.label_id`,
  ) as unknown as Row[]
  const used = new Set(rows.map((r) => r.label_id))
  const labels = db
    .all<{ id: number; name: string; prompts: string }>('SELECT id, name, prompts FROM label ORDER BY id')
    .filter((l) => used.has(l.id))
  const index = new Map(labels.map((l, i) => [l.id, i]))
  const splits: Record<string, Item[]> = {}
  const mediaIds: Record<string, number[]> = {}
  let ambiguous = 0
  for (let i = 0; i < rows.length; ) {
    const row = rows[i]!
    const own = new Set<number>()
    for (; rows[i]?.id === row.id; i++) own.add(rows[i]!.label_id)
    if (own.size > 1) {
      ambiguous++
      continue
    }
    ;(splits[row.split] ??= []).push({ file: places.get(row.root)!.file(row.path), label: index.get(row.label_id)!, hash: row.content_hash })
    ;(mediaIds[row.split] ??= []).push(row.id)
  }
  const classes = labels.map(({ name, prompts }) => ({ name, phrase: (JSON.parse(prompts) as string[])[0] ?? null }))
  return { classes, splits, mediaIds, ambiguous }
}

/** The same, with an error that says what to do where there is nothing to train on. */
export function trainingData(project: Project): ClassificationData {
  const data = classificationData(project)
  if (!data.splits['train']?.length)
    throw userError(`${project.folder}: no labelled images in the split "train": label images and assign splits first`)
  if (data.classes.length < 2) throw userError(`${project.folder}: only one label is used (${data.classes[0]?.name}): a classifier needs at least two`)
  return data
}
