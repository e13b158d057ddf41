/** Image counts for the filters next to the grid. */
import { resolve } from 'node:path'
import type { Facets } from '#shared/contract/media.ts'
import type { MediaFilter } from '#shared/model/project.ts'
import { FacetQuery } from '../../db/facets.ts'
import { listRoots, type Project } from '../projects/index.ts'

/**
 * Each count is the number of images that choosing the value would show, given the other filters.
 * @param exact counts every image, however many there are
 * @param few the number up to which all are counted, for tests
 */
export function mediaFacets(project: Project, filter: MediaFilter = {}, exact = false, few?: number): Facets {
  const { db } = project
  const query = new FacetQuery(db, filter, exact, few)
  const { count: unlabelled, rest: labelled } = query.split('unlabelled', 'm.annotated = 0')
  const { labels, authors, proposed, doubtful } = query.annotations()
  const facets = {
    total: query.total,
    labelled,
    unlabelled,
    labels,
    splits: query.byColumn('split', 'split'),
    review: query.byColumn('review', 'review'),
    tags: query.tags(),
    authors: authors.map(({ author, count }) => {
      const at = author.indexOf(':')
      return { kind: author.slice(0, at) === 'person' ? ('person' as const) : ('checkpoint' as const), name: author.slice(at + 1), count }
    }),
    proposed,
    doubtful,
    duplicates: query.split('duplicates', 'm.duplicate_group IS NOT NULL').count,
    openComments: query.openComments(),
    unreadable: query.unreadable(),
    incomplete: query.incomplete(),
    folders: folderTree(project, query.folders(), filter.folder),
  }
  return { ...facets, approximate: query.approximate }
}

/** Maximum number of folders listed per level. */
const mostFolders = 200

/**
 * The top-level folders and, on the path to the chosen one, those of each level and its subfolders. Counts include
 * images in subfolders.
 */
function folderTree(
  project: Project,
  found: readonly { rootId: number; folder: string; count: number }[],
  chosen: MediaFilter['folder'],
): Facets['folders'] {
  const roots = listRoots(project)
  const listed = new Map<string, Facets['folders'][number]>()
  const add = (rootId: number, path: string, count: number, below: boolean) => {
    const key = `${rootId} ${path}`
    const known = listed.get(key)
    if (known) Object.assign(known, { count: known.count + count, folders: known.folders || below })
    else listed.set(key, { rootId, path, count, folders: below })
  }
  for (const { rootId, folder, count } of found) {
    const steps = folder.split('/').filter(Boolean)
    if (roots.length > 1) add(rootId, '', count, steps.length > 0)
    const opened = chosen?.rootId === rootId ? chosen.path.split('/').filter(Boolean) : []
    if (roots.length > 1 && chosen?.rootId !== rootId) continue
    for (let depth = 0; depth < steps.length; depth++) {
      add(rootId, steps.slice(0, depth + 1).join('/'), count, steps.length > depth + 1)
      if (steps[depth] !== opened[depth]) break
    }
  }
  const perLevel = new Map<string, number>()
  return [...listed.values()].filter(({ rootId, path }) => {
    const level = `${rootId} ${path.slice(0, Math.max(0, path.lastIndexOf('/')))}`
    perLevel.set(level, (perLevel.get(level) ?? 0) + 1)
    return perLevel.get(level)! <= mostFolders
  })
}

/** Absolute image folders, by root id. */
export const rootFolders = (project: Project): { id: number; folder: string }[] =>
  listRoots(project).map(({ id, path }) => ({ id, folder: resolve(project.folder, path) }))
