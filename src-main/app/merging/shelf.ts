/** All models on this machine that belong to no project: those in the box, downloaded ones, and those in folders of the settings. */
import path from 'node:path'
import type { Shelf, ShelfEntry } from '#shared/model/hub.ts'
import type { AppContext } from '../context.ts'
import { hubOf } from '../hub/place.ts'
import { originIn } from '../hub/plan.ts'
import { recommended } from '../hub/recommended.ts'
import { hasCard, isDownloaded, sizeOf, standingOf, unfinishedIn } from '../hub/shelf.ts'
import { speedOf } from '../preview/encode.ts'
import { listCheckpoints, listRuns, type Project } from '../projects/index.ts'
import { modelsInBox } from '../training/box.ts'
import { licenceOf } from './licence.ts'
import { checkpointsIn } from './model-folders.ts'
import { factsOf } from './models.ts'

/** Folders of the models, those in the box first. */
export function shelfFolders(app: AppContext): { name: string; dir: string }[] {
  const seen = new Set<string>()
  return [...modelsInBox(app), ...checkpointsIn(app.modelFolders?.() ?? [])].filter(({ dir }) => {
    const at = path.resolve(dir)
    return !seen.has(at) && Boolean(seen.add(at))
  })
}

export async function shelfOf(app: AppContext): Promise<Shelf> {
  const place = hubOf(app)
  const inBox = new Set(modelsInBox(app).map(({ dir }) => dir))
  const models = await Promise.all(
    shelfFolders(app).map(async ({ name, dir }): Promise<ShelfEntry> => {
      const [facts, report] = await Promise.all([factsOf(app, dir), app.engine.ask({ kind: 'report', model: dir })])
      const downloaded = isDownloaded(place, dir)
      const source = inBox.has(dir) ? 'box' : downloaded ? 'downloaded' : 'outside'
      return {
        ...report,
        name,
        folder: dir,
        source,
        bytes: sizeOf(dir),
        parameters: facts?.parameters ?? null,
        licence: licenceOf(dir),
        milliseconds: speedOf(app, dir),
        card: hasCard(dir),
        origin: downloaded ? originIn(dir) : null,
      }
    }),
  )
  return { hub: await standingOf(place), models, unfinished: unfinishedIn(place), recommended: [...recommended] }
}

/** Names of the project's runs and checkpoints that were made from a model. */
export function usedBy(project: Project, folder: string): string[] {
  const target = path.resolve(folder)
  const is = (given: unknown) => typeof given === 'string' && path.resolve(project.folder, given) === target
  const checkpoints = new Map(listCheckpoints(project).map((c) => [c.runId, c.name]))
  return listRuns(project).flatMap(({ id, settings, folder: own }) => {
    const { model, checkpoints: of } = settings
    if (!is(model) && !(Array.isArray(of) && of.some(is))) return []
    return [checkpoints.get(id) ?? (typeof settings['name'] === 'string' ? settings['name'] : (own ?? id))]
  })
}
