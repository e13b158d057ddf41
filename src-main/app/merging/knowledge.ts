/** On what it is measured what a soup forgot: as its ingredients were, beside the model that all of them came from. */
import { existsSync } from 'node:fs'
import { DashiError } from '#shared/errors.ts'
import type { JobProgress, MergeJob, TrainJob } from '#shared/model/job.ts'
import { knowledgeOf } from '#shared/model/knowledge.ts'
import type { RunRecord } from '#shared/model/project.ts'
import { recipeRecord } from '../../engine/recipes/index.ts'
import type { AppContext } from '../context.ts'
import type { Project } from '../projects/index.ts'
import { trainingDataFor } from '../training/dataset.ts'
import { knowledgeBeside } from '../training/knowledge.ts'
import { requestOf } from '../training/train.ts'
import { commonOrigin, originsIn, trainingsOf } from './origins.ts'

/** Undefined where none of the ingredients was measured, and where they came from no common model. */
export async function soupKnowledge(
  app: AppContext,
  project: Project,
  checkpoints: readonly string[],
  onProgress?: (p: JobProgress) => void,
): Promise<MergeJob['knowledge']> {
  const origins = originsIn(app, project)
  const knownOf = (dir: string) => knowledgeOf(origins.runOf(dir)?.metrics ?? {})
  if (!checkpoints.some(knownOf)) return undefined
  const base = commonOrigin(checkpoints, origins)
  if (base === null || !existsSync(base)) return undefined
  const leftAlone = (dir: string) => origins.here(dir) === base || knownOf(dir)?.kind === 'unchanged'
  if (checkpoints.every(leftAlone) && commonOrigin(checkpoints, origins, 1) === base) return { base, unchanged: true }
  const learned = learnedBy(project, trainingsOf(checkpoints, origins))
  const set = learned && (await knowledgeBeside(project, { model: base, ...learned }, onProgress))
  return set && { ...set, base, unchanged: false }
}

/** What any of the trainings learned from; undefined where that is not known any more, as of a snapshot that was removed. */
function learnedBy(project: Project, trainings: readonly RunRecord[]): Pick<TrainJob, 'classes' | 'splits'> | undefined {
  const asked = trainings.map(requestOf).map(({ recipe, data }) => ({ task: recipeRecord(recipe).task, data }))
  const different = new Map(asked.map((one) => [JSON.stringify(one), one]))
  try {
    const all = [...different.values()].map(({ task, data }) => trainingDataFor(project, task, undefined, data))
    const of = (split: string) => all.flatMap(({ splits }) => splits[split] ?? [])
    return { classes: all.flatMap(({ classes }) => classes), splits: { train: of('train'), val: of('val') } }
  } catch (e) {
    if (e instanceof DashiError) return undefined
    throw e
  }
}
