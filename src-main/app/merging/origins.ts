/** What checkpoints were made of: the project's runs that made them, and the model that several of them came from. */
import path from 'node:path'
import type { RunRecord } from '#shared/model/project.ts'
import type { TrainingChoice } from '#shared/model/training-choice.ts'
import { findRecord } from '../../engine/weights/index.ts'
import type { AppContext } from '../context.ts'
import { listCheckpoints, listRuns, type Project } from '../projects/index.ts'
import { requestOf } from '../training/train.ts'
import { namedAt, namedModels } from './models.ts'

/** Steps from a checkpoint to the one that it was made from. */
const DEPTH = 8

interface Origins {
  /** Where a model's folder is by now. */
  here(dir: string): string
  /** The run that made a checkpoint of the project. */
  runOf(dir: string): RunRecord | undefined
}

export function originsIn(app: AppContext, project: Project): Origins {
  const models = namedModels(app, project)
  const here = (dir: string) => namedAt(models, dir)?.dir ?? path.resolve(dir)
  const runs = new Map(listRuns(project).map((run) => [run.id, run]))
  const made = new Map(listCheckpoints(project).map((c) => [path.resolve(project.folder, c.folder), runs.get(c.runId ?? '')]))
  return { here, runOf: (dir) => made.get(here(dir)) }
}

/** The trainings that made these checkpoints, also those that soups were made of. */
export function trainingsOf(dirs: readonly string[], origins: Origins, depth = DEPTH): RunRecord[] {
  return dirs.flatMap((dir) => {
    const run = origins.runOf(dir)
    if (run?.kind !== 'merge') return run ? [run] : []
    const of = run.settings['checkpoints']
    return depth && Array.isArray(of) ? trainingsOf(of.map(String), origins, depth - 1) : []
  })
}

/** The images that all of these trainings chose; undefined where they took all, or not the same. */
export function sharedChoice(trainings: readonly RunRecord[]): TrainingChoice | undefined {
  const choices = new Map(
    trainings.map((run) => {
      const { forgetting: _, ...images } = requestOf(run).data ?? {}
      return [JSON.stringify(images), images]
    }),
  )
  return choices.size === 1 ? [...choices.values()][0] : undefined
}

interface Origin {
  readonly dir: string
  readonly fingerprint: string | undefined
}

/** The nearest model from which all of these were made, or which is one of them; null if there is none within so many steps. */
export function commonOrigin(dirs: readonly string[], { here }: Pick<Origins, 'here'>, depth = DEPTH): string | null {
  const [first = [], ...others] = dirs.map((dir) => originsOf({ dir: here(dir), fingerprint: undefined }, here, depth))
  const same = (a: Origin, b: Origin) => a.dir === b.dir || (a.fingerprint !== undefined && a.fingerprint === b.fingerprint)
  return first.find((one) => others.every((line) => line.some((other) => same(one, other))))?.dir ?? null
}

/** A model, what it was made from, and so on. */
function originsOf(model: Origin, here: Origins['here'], depth: number): Origin[] {
  const record = recordIn(model.dir)
  const own = { dir: model.dir, fingerprint: record?.fingerprint ?? model.fingerprint }
  if (!record || depth === 0) return [own]
  if (record.base) return [own, ...originsOf({ dir: here(record.base.path), fingerprint: record.base.fingerprint }, here, depth - 1)]
  const ingredients = record.merge?.ingredients.map((i) => i.path) ?? []
  const common = ingredients.length ? commonOrigin(ingredients, { here }, depth - 1) : null
  return common === null ? [own] : [own, ...originsOf({ dir: common, fingerprint: undefined }, here, depth - 1)]
}

function recordIn(dir: string) {
  try {
    return findRecord(dir)
  } catch {
    return undefined // a damaged record says nothing
  }
}
