/** A second person's annotations of existing images, stored alongside the present ones and never merged with them. */
import path from 'node:path'
import type { ImageRecord } from '#shared/model/record.ts'
import { hasMedia, placesByContent, placesByPath, type StoredPlace } from '../../db/exchange.ts'
import { listRoots, placedElsewhere } from '../projects/index.ts'
import type { Project } from '../projects/project.ts'

/**
 * Attributes everything to that person, as proposals; facts about the image itself (split, tags, review) stay as in
 * the project.
 */
export function asOpinion(record: ImageRecord, name: string): ImageRecord {
  const by = { author: { kind: 'person', name }, state: 'proposed' } as const
  const { split: _, tags: __, review: ___, ...rest } = record
  return {
    ...rest,
    regions: record.regions?.map((r) => ({ ...r, ...by })),
    labels: record.labels?.map((l) => ({ ...l, ...by })),
    captions: record.captions?.map((c) => ({ ...c, ...by })),
  }
}

/** Finds the project's only image with a path, for annotations that come without the images themselves. */
export function heldImages(project: Project): (file: string) => { root: string; path: string } | null {
  const only = onlyIn(project)
  return (file) => only(placesByPath(project.db, file))
}

function onlyIn(project: Project) {
  const roots = new Map(listRoots(project).map((r) => [r.id, path.resolve(project.folder, r.path)]))
  return (rows: readonly StoredPlace[]) =>
    rows.length === 1 && roots.has(rows[0]!.root_id) ? { root: roots.get(rows[0]!.root_id)!, path: rows[0]!.path } : null
}

/**
 * Finds the project's image for a record: at the same place; else the only one with the same content, or among those
 * the one with the same name; else, if the record's file is missing, the only one with the same path. Null if there is
 * none.
 */
export function opinionPlaces(project: Project): (record: ImageRecord, root: string) => { root: string; path: string } | null {
  const { db } = project
  const roots = new Map(listRoots(project).map((r) => [r.id, path.resolve(project.folder, r.path)]))
  const placed = placedElsewhere(project)
  const only = onlyIn(project)
  return (record, root) => {
    const at = [...roots].find(([, folder]) => folder === root)?.[0]
    if (at !== undefined && hasMedia(db, at, record.fileName)) return { root, path: record.fileName }
    const there = placed(root, record.fileName)
    if (there) return there
    if (record.contentHash) {
      const same = placesByContent(db, record.contentHash)
      const named = same.filter((r) => path.posix.basename(r.path) === path.posix.basename(record.fileName))
      return only(same) ?? only(named)
    }
    return only(placesByPath(db, record.fileName))
  }
}
