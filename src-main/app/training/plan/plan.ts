/** What a training would do, need and measure, and what stands in its way. */
import { statfsSync } from 'node:fs'
import os from 'node:os'
import process from 'node:process'
import type { Outline } from '#shared/model/outline.ts'
import type { TrainingPlan } from '#shared/model/plan.ts'
import type { Device, JobProgress, RehearseJob } from '#shared/model/job.ts'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { parseSettings, recipeRecord } from '../../../engine/recipes/index.ts'
import { deviceRecords } from '../../../engine/runtime/index.ts'
import { captionTask } from '../../../engine/tasks/index.ts'
import { type AppContext, deviceFor } from '../../context.ts'
import type { Project } from '../../projects/index.ts'
import { budgetOf } from '../../storage/storage.ts'
import { startingFolder } from '../box.ts'
import { chosenFrom } from '../choice.ts'
import { dataFor } from '../dataset.ts'
import { planTraining, type TrainRequest } from '../train.ts'
import { concernsOf } from './concerns.ts'
import { dataFacts, type Facts } from './facts.ts'
import { measuredWords } from './measured.ts'
import { keepPace, knownPace, type Rehearsed, secondsOf } from './paces.ts'
import { suggest } from './suggest.ts'

/** Changes nothing, and does not wait for a running job. @throws a one-line fault on a setting that is out of range */
export async function planOf(app: AppContext, project: Project, request: TrainRequest): Promise<TrainingPlan> {
  const recipe = recipeRecord(request.recipe)
  const settings = parseSettings(recipe, request.settings ?? {})
  const data = chosenFrom(project, request.data, () => dataFor(project, recipe.task))
  const facts = dataFacts(project, data)
  const images = Object.fromEntries(Object.entries(data.splits).map(([split, items]) => [split, items.length]))
  const known = await deviceOf(app, deviceFor(app, request.device))
  const pace = knownPace(app.cache, rehearsed(app, request, settings, facts))
  const outline = await outlineOf(app, request, facts, pace?.device ?? known.used)
  const needed = outline && writtenBy(outline, settings)
  const all: Facts = {
    ...facts,
    task: recipe.task,
    settings,
    untrained: recipe.untrained ?? false,
    outline,
    memory: { needed: outline?.memory.total ?? null, free: process.availableMemory(), total: os.totalmem() },
    disk: { needed, free: freeIn(project.folder), budget: await budgetOf(app, project.folder) },
  }
  return {
    recipe: recipe.id,
    images,
    classes: data.classes.map(({ name }, i) => ({ name, counts: { ...facts.counts[i]! } })),
    outline,
    pace,
    seconds: pace && outline ? secondsOf(pace, outline, images) : null,
    device: pace ? { used: pace.device, why: known.why === 'asked' ? 'asked' : 'rehearsed', notes: pace.notes } : known,
    memory: all.memory,
    disk: all.disk,
    measured: measuredWords(all),
    concerns: concernsOf(all),
    suggestion: suggest(facts.project),
  }
}

/** Bytes that are there at most at once: a new state is written beside the old one. */
const writtenBy = ({ disk }: Outline, settings: Readonly<Record<string, unknown>>): number =>
  disk.checkpoint * (settings['keep'] === 'both' ? 2 : 1) + 2 * disk.state

/** Bytes that a training will write, as its plan says; 0 if it has nothing to train on. @throws as {@link planOf} */
export async function writesOf(app: AppContext, project: Project, request: TrainRequest): Promise<number> {
  const recipe = recipeRecord(request.recipe)
  const settings = parseSettings(recipe, request.settings ?? {})
  const data = chosenFrom(project, request.data, () => dataFor(project, recipe.task))
  const outline = await outlineOf(app, request, { data }, null)
  return outline ? writtenBy(outline, settings) : 0
}

/** Runs some of the training's steps and keeps how long they took. @throws if it could not be started either */
export function rehearse(app: AppContext, project: Project, request: TrainRequest, onProgress?: (p: JobProgress) => void) {
  const { job } = planTraining(app, project, request)
  const { out: _, dataHash: __, saveEverySeconds: ___, ...rest } = job
  const running = app.engine.run({ ...rest, kind: 'rehearse' } satisfies RehearseJob, onProgress)
  const settings = parseSettings(recipeRecord(request.recipe), request.settings ?? {})
  const of = { model: job.model, recipe: job.recipe, settings, device: job.device, classes: job.classes.length, train: trainOf(job.splits) }
  return {
    cancel: running.cancel,
    result: running.result.then(({ pace }) => {
      keepPace(app.cache, of, pace)
      return pace
    }),
  }
}

const trainOf = (splits: Readonly<Record<string, readonly unknown[]>>): number => splits['train']?.length ?? 0

const rehearsed = (app: AppContext, request: TrainRequest, settings: Rehearsed['settings'], { data }: Pick<Facts, 'data'>): Rehearsed => ({
  model: startingFolder(app, request),
  recipe: request.recipe,
  settings,
  device: deviceFor(app, request.device),
  classes: data.classes.length,
  train: trainOf(data.splits),
})

/** Null without images, or without classes where there are to be some: there would be no graph. */
async function outlineOf(
  app: AppContext,
  request: TrainRequest,
  { data }: Pick<Facts, 'data'>,
  device: string | null,
): Promise<Outline | null> {
  const named = data.classes.length > 0 || captionTask(recipeRecord(request.recipe).task) !== undefined
  if (!named || !trainOf(data.splits)) return null
  const regions = Math.max(0, ...(data.splits['train'] ?? []).map((i) => i.boxes?.length ?? 0))
  return app.engine.ask({
    kind: 'outline',
    model: startingFolder(app, request),
    recipe: request.recipe,
    settings: request.settings ?? {},
    extent: {
      classes: data.classes.map((c) => c.name),
      images: Object.fromEntries(Object.entries(data.splits).map(([split, items]) => [split, items.length])),
      regions,
    },
    onDevice: deviceRecords.find((d) => d.id === device)?.keepsTensors ?? false,
  })
}

/** Which of several devices is fastest is found out when a job first needs one. */
async function deviceOf(app: AppContext, asked: Device): Promise<TrainingPlan['device']> {
  const device = deviceRecords.find((d) => d.id === asked)
  if (!device) throw userError(sentence('device.unknown', { device: asked, devices: deviceRecords.map((d) => d.id).join(', ') }))
  if (!device.chooses) return { used: asked, why: 'asked', notes: [] }
  const there = await app.engine.ask({ kind: 'devices' })
  return there.length === 1 ? { used: there[0]!, why: 'only', notes: [] } : { used: null, why: 'undecided', notes: [] }
}

function freeIn(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  } catch {
    return null
  }
}
