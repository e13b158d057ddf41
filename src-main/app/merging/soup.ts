import { existsSync } from 'node:fs'
import path from 'node:path'
import type { SoupEntry } from '#shared/contract/merging.ts'
import type { RunRecord } from '#shared/model/project.ts'
import { sharesOf } from '../../engine/merge/index.ts'
import { findRecord } from '../../engine/weights/index.ts'
import type { AppContext } from '../context.ts'
import type { Project } from '../projects/index.ts'
import { namedAt, namedModels } from './models.ts'

/** The origin of a run's soup, from the record in its folder; null if there is none. */
export function soupOf(app: AppContext, project: Project, { folder }: RunRecord): SoupEntry | null {
  const merge = folder === null ? undefined : findRecord(path.resolve(project.folder, folder))?.merge
  if (!merge) return null
  const models = namedModels(app, project).filter((m) => existsSync(m.dir))
  const find = (dir: string) => namedAt(models, dir)
  const nameOf = (dir: string) => find(dir)?.name ?? path.basename(dir)
  const shares = sharesOf(merge.method, merge.ingredients.length)
  return {
    method: merge.method.name,
    ingredients: merge.ingredients.map(({ path: dir }, i) => ({
      name: nameOf(dir),
      folder: find(dir)?.folder ?? null,
      weight: shares?.[i] ?? null,
    })),
    ledger: merge.ledger?.map(({ dir, ...entry }) => ({ ...entry, name: nameOf(dir) })) ?? null,
    dtype: merge.dtype ?? null,
    insisted: merge.insisted ?? [],
  }
}
