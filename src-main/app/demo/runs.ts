/** The runs of the demo: each way with each seed, and the soups of each seed. */
import { type JobProgress, predictionsOf, type ResultOf } from '#shared/model/job.ts'
import { setting } from '#shared/format.ts'
import type { ReportLedger, ReportRow, SplitName } from '#shared/model/report.ts'
import type { MergeMethod } from '#shared/model/merge.ts'
import { findRecipe } from '../../engine/recipes/index.ts'
import type { AppContext } from '../context.ts'
import { mergeIntoProject } from '../merging/merge.ts'
import type { Project } from '../projects/index.ts'
import { overSeeds, scored } from '../report/scored.ts'
import { freeName } from '../training/names.ts'
import { startTraining } from '../training/train.ts'
import { type DemoPlan, demoRequest, told, type Way } from './plan.ts'
import type { Outside } from './outside.ts'

export interface DemoHooks {
  onProgress: (title: string, p: JobProgress) => void
  say: (line: string) => void
  /** Receives a running job, so that it can be cancelled. */
  until: <T>(running: { result: Promise<T>; cancel(): void }) => Promise<T>
}

/** One run: its row with one seed, and the result. */
export interface Done {
  readonly row: ReportRow
  readonly result: ResultOf<'train' | 'merge'>
}

/** A row of the report with the runs that it stands for, one for each seed. */
export interface Shown {
  readonly row: ReportRow
  readonly runs: readonly Done[]
}

export interface DemoResults {
  readonly shown: readonly Shown[]
  /** Of the first seed's greedy soup. */
  readonly ledger: ReportLedger | undefined
}

/** Runs a plan on the study's project. @param outside what is measured of forgetting */
export async function runPlan(app: AppContext, project: Project, plan: DemoPlan, outside: Outside, hooks: DemoHooks): Promise<DemoResults> {
  const rows = new Map<string, Done[]>()
  const keep = (name: string, done: Done) => {
    rows.set(name, [...(rows.get(name) ?? []), { ...done, row: { ...done.row, name } }])
    return done
  }
  const train = async (way: Pick<Way, 'name' | 'kind' | 'recipe'>, settings: Record<string, unknown>, seed: number): Promise<Done> => {
    const request = demoRequest(plan, way, settings, seed)
    const { result } = await hooks.until(
      startTraining(app, project, { ...request, name: freeName(project, request.name) }, (p) => hooks.onProgress(request.name, p)),
    )
    const said = Object.fromEntries(Object.entries(settings).map(([k, v]) => [k, setting(v)]))
    return { result, row: { ...rowOf(request.name, way.kind, result), settings: said } }
  }
  const merge = async (title: string, seed: number, method: MergeMethod, of: readonly Done[]): Promise<Done> => {
    const name = freeName(project, seed ? `${title} seed ${seed}` : title)
    const request = { name, method, checkpoints: of.map((d) => d.result.checkpoint) }
    const { result } = await hooks.until(mergeIntoProject(app, project, request, (p) => hooks.onProgress(name, p)))
    const alpha = typeof method['alpha'] === 'number' ? { alpha: method['alpha'] } : {}
    return keep(title, await watched({ result, row: { ...rowOf(title, 'soup', result), method: method.name, ...alpha } }))
  }
  const watched = async (done: Done): Promise<Done> => ({
    ...done,
    row: { ...done.row, forgotten: await outside(done.result.checkpoint) },
  })
  const chosen = new Map<Way, Record<string, unknown>>()
  let ledger: ReportLedger | undefined
  for (const seed of plan.seeds) {
    const own = new Map<string, Done>()
    for (const way of plan.ways) {
      const choices = chosen.has(way) ? [chosen.get(way)!] : way.choices
      const tried: { settings: Record<string, unknown>; done: Done }[] = []
      for (const settings of choices) tried.push({ settings, done: await train(way, settings, seed) })
      const best = tried.reduce((a, b) => (onVal(b.done) > onVal(a.done) ? b : a))
      chosen.set(way, best.settings)
      own.set(way.kind, keep(way.name, await watched(best.done)))
    }
    const [zero, ft, lpFt] = ['zero-shot', 'ft', 'lp-ft'].map((kind) => own.get(kind)!) as [Done, Done, Done]
    for (const alpha of plan.alphas) await merge(`WiSE-FT ${alpha}`, seed, { name: 'wise-ft', alpha }, [zero, ft])
    const sweep: Done[] = []
    for (const settings of plan.ingredients) {
      const done = await train({ name: 'Sweep', kind: 'sweep', recipe: 'lp-ft' }, settings, seed)
      sweep.push(keep(['Sweep', ...told(settings)].join(' '), await watched(done)))
    }
    const candidates = [lpFt, ...sweep]
    await merge('Uniform soup', seed, { name: 'uniform' }, candidates)
    const greedy = await merge('Greedy soup', seed, { name: 'greedy' }, candidates)
    if (!ledger && greedy.result.kind === 'merge' && greedy.result.ledger) ledger = ledgerOf(greedy.result.ledger, rows)
  }
  return { shown: [...rows.values()].map((runs) => ({ row: together(runs), runs })), ledger }
}

const onVal = ({ result }: Done) => predictionsOf(result.measured)['val']!.accuracy

const measuredSets: readonly SplitName[] = ['id', 'ood', 'sketch', 'corrupted', 'heldOut']

function rowOf(name: string, kind: ReportRow['kind'], result: Done['result']): ReportRow {
  const scores = Object.fromEntries(
    measuredSets.flatMap((split) => {
      const predictions = predictionsOf(result.measured)[split]
      return predictions?.n ? [[split, scored({ ...predictions, classes: predictions.logits.length / predictions.n })]] : []
    }),
  )
  const loss =
    result.kind === 'train' && result.loss.length && (findRecipe(kind)?.curve?.over ?? 'steps') === 'steps'
      ? { loss: result.loss }
      : undefined
  return { name, kind, ...scores, seconds: result.seconds, checkpoint: result.checkpoint, ...(loss ? { curve: loss } : {}) }
}

/** The row of several seeds; what is of one run, such as its curve, is the first one's. */
function together(runs: readonly Done[]): ReportRow {
  const rows = runs.map((d) => d.row)
  const first = rows[0]!
  const scores = [...measuredSets, 'forgotten' as const].flatMap((split) => {
    const all = rows.flatMap((row) => row[split] ?? [])
    return all.length ? [[split, overSeeds(all)] as const] : []
  })
  return { ...first, ...Object.fromEntries(scores), seconds: rows.reduce((sum, row) => sum + row.seconds!, 0) / rows.length }
}

/** @param rows of the report, by their names */
const ledgerOf = (entries: NonNullable<ResultOf<'merge'>['ledger']>, rows: ReadonlyMap<string, readonly Done[]>): ReportLedger => ({
  title: 'Greedy soup, first seed',
  entries: entries.map((e) => ({
    name: [...rows].find(([, runs]) => runs.some((d) => d.result.checkpoint === e.dir))?.[0] ?? e.dir,
    heldOut: e.heldOut,
    score: e.score,
    accepted: e.accepted,
    margin: e.margin,
  })),
})
