/** Labelled images by split, as tasks get them. */
import type { ClassSpec, Item, LeftOut } from '#shared/model/job.ts'
import { classOf } from '#shared/model/prompts.ts'
import { labelPrompts } from '../../db/labels.ts'
import type { LabelledRow } from '../../db/labelled.ts'
import { linkReason } from '../../files/within.ts'
import { placesOf } from '../projects/index.ts'
import type { Project } from '../projects/project.ts'

/** What a job learns from or is measured on. */
export interface LabelledData {
  /** The labels in use, in order of creation. */
  readonly classes: ClassSpec[]
  /** Images with targets, by split. */
  readonly splits: Record<string, Item[]>
  /** The media ids of the splits' items, in the same order. */
  readonly mediaIds: Record<string, number[]>
  /** Unreadable images: they are in no split. */
  readonly leftOut: LeftOut[]
}

/** Collects the images of a dataset by split. */
export class Collected {
  readonly splits: Record<string, Item[]> = {}
  readonly mediaIds: Record<string, number[]> = {}
  readonly leftOut: LeftOut[] = []
  private readonly places: ReturnType<typeof placesOf>

  constructor(
    project: Project,
    private readonly unreadable: ReadonlyMap<number, string> | undefined,
  ) {
    this.places = placesOf(project)
  }

  /** Adds an image with its target, unless it cannot be read. */
  add(row: Omit<LabelledRow, 'label_id'>, target: Pick<Item, 'label' | 'boxes' | 'masks' | 'captions' | 'labelled'>): void {
    const place = this.places.get(row.root)!
    const link = place.linkOut(row.path)
    const reason = link !== null ? linkReason(link) : this.unreadable ? this.unreadable.get(row.id) : row.problem
    if (reason != null) {
      this.leftOut.push({ file: row.path, reason })
      return
    }
    ;(this.splits[row.split] ??= []).push({ file: place.file(row.path), ...target, hash: row.content_hash, name: row.path })
    ;(this.mediaIds[row.split] ??= []).push(row.id)
  }
}

/** The labels that rows use, with each one's number among them. */
export function classesIn({ db }: Project, rows: readonly LabelledRow[]): { classes: ClassSpec[]; index: ReadonlyMap<number, number> } {
  const used = new Set(rows.map((r) => r.label_id))
  const labels = labelPrompts(db).filter((l) => used.has(l.id))
  return {
    classes: labels.map(({ name, prompts }) => classOf({ name, prompts: JSON.parse(prompts) as string[] })),
    index: new Map(labels.map((l, i) => [l.id, i])),
  }
}
