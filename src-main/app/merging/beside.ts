/** A soup beside its ingredients, and soups on the line between two models. */
import path from 'node:path'
import type { LinePoint, SoupBeside } from '#shared/contract/merging.ts'
import { jsonObject, type RunRecord } from '#shared/model/project.ts'
import { wilson } from '../../engine/metrics/index.ts'
import { findRecord } from '../../engine/weights/index.ts'
import type { AppContext } from '../context.ts'
import { listCheckpoints, listRuns, type Project } from '../projects/index.ts'
import { classificationData } from '../training/dataset.ts'
import { measuredOn } from './line.ts'
import { namedAt, namedModels } from './models.ts'

/** Figures of a run that are no accuracies. */
const others = new Set(['seconds', 'steps'])

const shares = (metrics: RunRecord['metrics']): Record<string, number> =>
  Object.fromEntries(Object.entries(metrics).filter((m): m is [string, number] => typeof m[1] === 'number' && !others.has(m[0])))

/** The accuracies of a soup and of its ingredients, with Wilson's intervals; and uniform soups of the same models that do better. */
export function besideOf(app: AppContext, project: Project, run: RunRecord): SoupBeside | null {
  const place = (folder: string) => path.resolve(project.folder, folder)
  const recordOf = (folder: string | null) => (folder === null ? undefined : findRecord(place(folder))?.merge)
  const merge = recordOf(run.folder)
  if (!merge || run.folder === null) return null
  const { splits } = classificationData(project)
  const measured = (metrics: RunRecord['metrics']) =>
    Object.fromEntries(
      Object.entries(shares(metrics)).map(([split, accuracy]) => {
        const n = splits[split]?.length ?? 0
        return [split, { accuracy, n, interval: wilson(Math.round(accuracy * n), n) }]
      }),
    )
  const known = new Map(listCheckpoints(project).map((c) => [place(c.folder), c]))
  const models = namedModels(app, project)
  const names = new Map(models.map((m) => [m.dir, m.name]))
  const here = (dir: string) => namedAt(models, dir)?.dir ?? path.resolve(dir)
  const rows = [place(run.folder), ...merge.ingredients.map((i) => here(i.path))].map((dir, i) => ({
    ...{ name: names.get(dir) ?? path.basename(dir), soup: i === 0 },
    splits: measured(known.get(dir)?.metrics ?? {}),
  }))
  const tried = merge.ledger?.map((l) => here(l.dir)).sort()
  const own = shares(run.metrics)
  const better = !tried
    ? []
    : listRuns(project, 'merge').flatMap((other) => {
        const of = other.recipe === 'uniform' && other.status === 'done' ? recordOf(other.folder) : undefined
        const same = of && [...of.ingredients.map((i) => here(i.path))].sort().join('\n') === tried.join('\n')
        if (!same) return []
        const where = Object.entries(shares(other.metrics)).filter(([s, a]) => s !== 'heldOut' && s !== 'train' && a > (own[s] ?? Infinity))
        return where.length ? [{ name: names.get(place(other.folder!)) ?? '', splits: where.map(([s]) => s) }] : []
      })
  return { rows, better }
}

/** Models on the straight line from one to another, by α: the two themselves, the soups that were made of them, and what was measured. */
export function lineBetween(app: AppContext, project: Project, base: string, tuned: string, method: string, setting: string): LinePoint[] {
  const place = (folder: string) => path.resolve(project.folder, folder)
  const ends = [place(base), place(tuned)]
  const known = new Map(listCheckpoints(project).map((c) => [place(c.folder), c]))
  const names = new Map(namedModels(app, project).map((m) => [m.dir, m.name]))
  const atEnds = ends.map((dir, alpha) => ({
    alpha,
    name: names.get(dir) ?? path.basename(dir),
    runId: null,
    splits: shares(known.get(dir)?.metrics ?? {}),
  }))
  const between = listRuns(project, 'merge').flatMap((run): LinePoint[] => {
    const { [setting]: alpha, checkpoints } = jsonObject.parse(run.settings)
    if (run.recipe !== method || run.status !== 'done' || typeof alpha !== 'number' || !Array.isArray(checkpoints)) return []
    if (checkpoints.map((c) => place(String(c))).join('\n') !== ends.join('\n')) return []
    return [{ alpha, name: names.get(place(run.folder ?? '')) ?? '', runId: run.id, splits: shares(run.metrics) }]
  })
  const measured = measuredOn(app, project, { base, tuned, method, setting }).map((p) => ({ ...p, name: `α ${p.alpha}`, runId: null }))
  const seen = new Set<number>()
  return [...atEnds, ...between, ...measured].filter((p) => !seen.has(p.alpha) && seen.add(p.alpha)).sort((a, b) => a.alpha - b.alpha)
}
