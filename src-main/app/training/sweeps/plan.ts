/** What a sweep is to train: its specification, checked against the recipe, and its runs with their names. */
import path from 'node:path'
import { z } from 'zod'
import { setting } from '#shared/format.ts'
import type { Device } from '#shared/model/job.ts'
import type { RunnerId } from '#shared/model/slurm.ts'
import type { TrainingChoice } from '#shared/model/training-choice.ts'
import { userError } from '#shared/errors.ts'
import {
  type Axis,
  dataFields,
  type PlannedRun,
  shotsSchema,
  type SweepAsked,
  sweepOf,
  sweepRuns,
  type SweepSpec,
  sweepSpec,
} from '#shared/model/sweep.ts'
import { inField, issueSentence } from '#shared/sentences/issue.ts'
import { sentence } from '#shared/sentences/table.ts'
import { parseSettings, recipeRecord } from '../../../engine/recipes/index.ts'
import type { AppContext } from '../../context.ts'
import { listRuns, type Project } from '../../projects/index.ts'
import { runnerOf } from '../../runners/index.ts'
import { isFreeName, nameOf, numbered } from '../names.ts'
import { planTraining, type TrainRequest } from '../train.ts'
import { sweepPreset } from './presets.ts'

export interface SweepRequest {
  readonly spec: SweepAsked
  /** Checkpoint folder to start from; by default the model in the box that suits the recipe. */
  readonly model?: string
  readonly device?: Device
  /** Names of the runs begin with it. */
  readonly name?: string
  /** Where its runs are trained; on this machine by default. */
  readonly runner?: RunnerId
  /** Which images its runs use, and as what; all as their splits say by default. */
  readonly data?: TrainingChoice
}

export interface PlannedSweep {
  readonly name: string
  readonly spec: SweepSpec
  readonly runs: readonly { readonly planned: PlannedRun; readonly request: TrainRequest & { readonly name: string } }[]
}

/** What is asked for on top of a preset takes the place of the preset's: axes and single values by their field. */
export function fromPreset(id: string, asked: Partial<SweepAsked>): SweepAsked {
  const preset = sweepPreset(id)
  const recipe = recipeRecord(asked.recipe ?? preset.recipe)
  const missing = preset.needs.find((field) => !(field in recipe.settings.shape))
  if (missing) throw userError(sentence('sweep.preset-field', { preset: id, recipe: recipe.id, field: missing }))
  const { settings = {}, axes: own = [], ...rest } = asked
  const { axes = [], seeds, ...search } = preset.make(parseSettings(recipe, ofRecipe(settings)))
  const fixed = (field: string) => field in settings && !preset.bounds?.includes(field)
  const kept = axes.filter(({ field }) => !fixed(field) && !own.some((a) => a.field === field))
  return { ...search, ...rest, recipe: recipe.id, settings, axes: [...kept, ...own], seeds: asked.seeds ?? seeds, preset: id }
}

/** @throws a user fault about the first run that its recipe would refuse */
export function planSweep(
  app: AppContext,
  project: Project,
  { spec: asked, model, device, name: wanted, runner, data }: SweepRequest,
): PlannedSweep {
  runnerOf(app, runner)
  const spec = fitted(asked)
  const planned = sweepRuns(spec)
  if (planned.length < 2) throw userError(sentence('sweep.no-axis'))
  const runs = listRuns(project)
  const sweeps = new Set(runs.map((r) => sweepOf(r.settings)?.name))
  const name = numbered(wanted?.trim() || `${spec.recipe} ${spec.preset ?? 'sweep'}`, (n) => !sweeps.has(n))
  const names = new Set(runs.map(nameOf))
  const requests = planned.map((run) => {
    const request = requestFor(spec, run)
    const free = numbered(memberName(name, spec, run), (n) => !names.has(n) && isFreeName(project, n))
    names.add(free)
    const given = { ...(model !== undefined && { model: path.resolve(model) }), ...(data && { data }) }
    return { planned: run, request: { ...request, name: free, ...given, device, runner } }
  })
  const recipe = recipeRecord(spec.recipe)
  for (const { request } of requests) {
    if (request.shots !== undefined) checkShots(request.shots)
    parseSettings(recipe, request.settings)
  }
  const { job } = planTraining(app, project, requests[0]!.request)
  if (spec.halving && !job.splits['val']?.length && !job.splits['heldOut']?.length)
    throw userError(sentence('sweep.halving-split', { folder: project.folder }))
  return { name, spec, runs: requests }
}

/** The specification with what it takes from the recipe: the epochs to halve, and which ranges are of whole numbers. */
function fitted(asked: SweepAsked): SweepSpec {
  const parsed = sweepSpec.safeParse(asked)
  if (!parsed.success) throw userError(issueSentence(parsed.error))
  const spec = parsed.data
  const recipe = recipeRecord(spec.recipe)
  const known = [...Object.keys(recipe.settings.shape), ...dataFields]
  const unknown = spec.axes.find(({ field }) => !known.includes(field))
  if (unknown) throw userError(sentence('sweep.axis-unknown', { field: unknown.field, recipe: recipe.id, known: known.join(', ') }))
  const { properties } = jsonSchema.parse(z.toJSONSchema(recipe.settings, { io: 'input' }))
  const isWhole = (field: string) => field === 'shots' || properties[field]?.type === 'integer'
  const axes = spec.axes.map((a): Axis => (a.kind === 'uniform' || a.kind === 'log-uniform' ? { ...a, whole: isWhole(a.field) } : a))
  const epochs = spec.settings['epochs'] ?? properties['epochs']?.default
  const settings = { ...spec.settings, ...(spec.halving && typeof epochs === 'number' && { epochs }) }
  return sweepSpec.parse(JSON.parse(JSON.stringify({ ...spec, axes, settings }))) // without keys that are undefined
}
const jsonSchema = z.object({
  properties: z.record(z.string(), z.object({ type: z.string().optional(), default: z.unknown() })).default({}),
})

function checkShots(shots: unknown): void {
  const parsed = shotsSchema.safeParse(shots)
  if (!parsed.success) throw userError(inField('shots', parsed.error.issues[0]!.message))
}

const ofRecipe = <T>(settings: Readonly<Record<string, T>>) =>
  Object.fromEntries(Object.entries(settings).filter(([field]) => !dataFields.some((f) => f === field)))

/** The training of a run; of one without a point yet, with the settings that all share. */
export function requestFor(spec: SweepSpec, { point, seed, epochs }: Pick<PlannedRun, 'point' | 'seed' | 'epochs'>): TrainRequest {
  const settings: Record<string, unknown> = { ...spec.settings, ...point, ...(epochs !== null && { epochs }) }
  const shots = settings['shots']
  return { recipe: spec.recipe, settings: ofRecipe(settings), seed, ...(shots !== undefined && { shots: Number(shots) }) }
}

function memberName(name: string, { seeds, halving }: SweepSpec, { rung, point, place, seed }: PlannedRun): string {
  const varied = Object.entries(point ?? {}).map(([k, v]) => `${k}=${setting(v)}`)
  return [
    name,
    ...(halving ? [`rung ${rung + 1}`] : []),
    ...(place === null ? varied : [`place ${place + 1}`]),
    ...(seeds.length > 1 ? [`seed=${seed}`] : []),
  ].join(' ')
}
