/** `project check`: completeness and consistency of a project. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { errorLine } from '#shared/errors.ts'
import { shapeProblem } from '#shared/geometry/shape.ts'
import type { Region } from '#shared/model/region.ts'
import type { CheckProblem, CheckReport } from '#shared/model/project.ts'
import { checkDatabase } from '../../db/check.ts'
import { toCaption, toComment, toLabel, toMedia, toMediaLabel, toRegion } from '../../db/entities.ts'
import { rowsExcept } from '../../db/image-content.ts'
import { imagePlacesExcept, imageSize } from '../../db/images.ts'
import { incompleteRegions } from '../../db/incomplete.ts'
import { backup } from '../../db/migrate.ts'
import { roots } from '../../db/roots.ts'
import { toCheckpoint, toRun } from '../../db/runs.ts'
import type { Project } from './project.ts'

export interface CheckOptions {
  /** Repair derived data, after a copy to backups/. Lost rows and files are only reported. */
  repair?: boolean
  /** Check that each image's file exists; on by default. */
  files?: boolean
}

/** Maximum number of regions listed. */
const mostIncomplete = 100

const decoders = {
  label: toLabel,
  media: toMedia,
  media_label: toMediaLabel,
  region: toRegion,
  caption: toCaption,
  comment: toComment,
  run: toRun,
  checkpoint: toCheckpoint,
}

export function checkProject(project: Project, options: CheckOptions = {}): CheckReport {
  const { db } = project
  const repair = (options.repair ?? false) && !project.readOnly
  const problems = checkDatabase(db, repair, () => backup(db))
  const checked: Record<string, number> = {}
  const note = (kind: CheckProblem['kind'], message: string) => problems.push({ kind, message, repaired: false })

  const unreadable = (table: string) =>
    problems.flatMap(({ message }) => Number(new RegExp(`^${table} (\\d+): .*: holds `).exec(message)?.[1] ?? NaN) || [])
  const ofItsImage = ({ id, mediaId, shape }: Region) => {
    const size = imageSize(db, mediaId)
    const problem = size && shapeProblem(shape, size)
    return problem && `region ${id} of ${size.path}: ${problem}`
  }
  for (const [table, decode] of Object.entries(decoders)) {
    checked[table] = 0
    for (const row of rowsExcept(db, table, unreadable(table))) {
      checked[table]++
      try {
        const entity = decode(row)
        const problem = table === 'region' ? ofItsImage(entity as Region) : null
        if (problem) note('row', problem)
      } catch (e) {
        note('row', errorLine(e))
      }
    }
  }
  if (options.files ?? true) {
    const folders = new Map(roots(db).map((r) => [r.id, resolve(project.folder, r.path)]))
    checked['files'] = 0
    for (const { root, path } of imagePlacesExcept(db, unreadable('media'))) {
      checked['files']++
      const file = join(folders.get(root) ?? '', path)
      if (!existsSync(file)) note('missing-file', `${file} does not exist`)
    }
  }
  return { ok: problems.every((p) => p.repaired), checked, problems, incomplete: incompleteRegions(db, mostIncomplete) }
}
