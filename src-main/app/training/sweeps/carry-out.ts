/** Sweeps without a queue, as the terminal runs them; and what of a sweep is left to do. */
import path from 'node:path'
import { cancelled, DashiError } from '#shared/errors.ts'
import type { JobProgress } from '#shared/model/job.ts'
import type { RunRecord } from '#shared/model/project.ts'
import { sweepOf } from '#shared/model/sweep.ts'
import { type SweepTable, sweepTables } from '#shared/model/sweep-table.ts'
import { type AppContext, deviceFor } from '../../context.ts'
import { getRun, listRuns, type Project, updateRun } from '../../projects/index.ts'
import { requireRoom } from '../../storage/storage.ts'
import { startingFolder } from '../box.ts'
import { freeName } from '../names.ts'
import { writesOf } from '../plan/plan.ts'
import { goesOnIn } from '../runs.ts'
import { defaultName, enterTraining, requestOf, startTraining, stopped, storedModel, type TrainRequest } from '../train.ts'
import { settled } from './members.ts'
import type { PlannedSweep } from './plan.ts'

/** The request of a run, with its model's folder as an absolute path. */
export function absoluteRequest(project: Project, run: RunRecord): TrainRequest {
  const request = requestOf(run)
  return { ...request, ...(request.model && { model: path.resolve(project.folder, request.model) }) }
}

/** Enters a stopped run of a sweep once more, in the same place: it goes on where it stopped if it can. */
export function enterAgain(app: AppContext, project: Project, run: RunRecord): RunRecord {
  const request = absoluteRequest(project, run)
  const name = freeName(project, request.name ?? defaultName(request), [], goesOnIn(project, run) ?? undefined)
  return enterTraining(app, project, { ...request, name })
}

/** The runs of a sweep that have ended without a result. */
export const stoppedRuns = ({ runs }: SweepTable<RunRecord>): RunRecord[] => runs.filter(stopped)

/** The last sweep that was asked for in the same words and has runs to do. */
export function unfinishedLike(app: AppContext, project: Project, { spec, runs: [first] }: PlannedSweep, name?: string) {
  const modelOf = ({ model, recipe }: TrainRequest) => startingFolder(app, { recipe, model: model && path.resolve(project.folder, model) })
  const asked = (request: TrainRequest) =>
    JSON.stringify([
      ...[deviceFor(app, request.device), request.runner ?? 'local', storedModel(app, project, modelOf(request))],
      request.data ?? null,
    ])
  return sweepTables(listRuns(project)).find(
    (s) =>
      stoppedRuns(s).length > 0 &&
      (name === undefined || s.name === name) &&
      JSON.stringify(s.spec) === JSON.stringify(spec) &&
      asked(requestOf(s.runs[0]!)) === asked(first!.request),
  )
}

export interface SweepHooks {
  readonly signal: AbortSignal
  /** Stops following runs that go on elsewhere; cancels the others. */
  readonly left: AbortSignal
  onProgress(run: RunRecord, progress: JobProgress): void
  onEnded(runId: string): void
  onFailed(run: RunRecord, error: DashiError): void
}

/**
 * Trains queued runs of a sweep, a rung after the one before it: here one after another, on a cluster all of a rung
 * together. A run that fails leaves the others as they are; when the signal aborts, what has not begun is cancelled with
 * the runs at work. Where the disk budget has no room for a run, it and those after it are cancelled, and go on another time.
 * @throws that refusal, once for all of them
 */
export async function trainSweep(app: AppContext, project: Project, runs: readonly RunRecord[], hooks: SweepHooks) {
  const { signal, left } = hooks
  let refused: DashiError | undefined
  const rungOf = (run: RunRecord) => sweepOf(run.settings)?.rung ?? 0
  for (const rung of [...new Set(runs.map(rungOf))].sort((a, b) => a - b)) {
    const own = runs.filter((run) => rungOf(run) === rung)
    const away = own.filter((run) => (requestOf(run).runner ?? 'local') !== 'local')
    const turn: Turn = { ...hooks, refusal: () => refused, refuse: (e) => (refused ??= e) }
    await Promise.all(away.map((run) => trainOne(app, project, run, turn)))
    for (const run of own) if (!away.includes(run)) await trainOne(app, project, run, turn)
  }
  if (refused) throw refused
  if (signal.aborted || left.aborted) throw cancelled()
}

interface Turn extends SweepHooks {
  /** Why no run may begin any more, if so. */
  refusal(): DashiError | undefined
  refuse(why: DashiError): void
}

async function trainOne(app: AppContext, project: Project, { id }: RunRecord, turn: Turn) {
  const { signal, left, onProgress, onEnded, onFailed } = turn
  if (signal.aborted || left.aborted || turn.refusal()) return void updateRun(project, id, { status: 'cancelled' })
  try {
    const run = settled(project, getRun(project, id))
    const request = absoluteRequest(project, run)
    await requireRoom(app, project.folder, () => writesOf(app, project, request))
    const running = startTraining(app, project, request, (p) => onProgress(run, p), undefined, run)
    const cancel = () => running.cancel()
    const leave = () => (running.leave ? running.leave() : running.cancel())
    signal.addEventListener('abort', cancel)
    left.addEventListener('abort', leave)
    await running.result.finally(() => {
      signal.removeEventListener('abort', cancel)
      left.removeEventListener('abort', leave)
    })
  } catch (e) {
    if (!(e instanceof DashiError)) throw e
    const refused = e.sentence?.code === 'storage.over-budget'
    const ended = refused || e.fault === 'cancelled'
    const run = getRun(project, id)
    if (!stopped(run)) updateRun(project, id, ended ? { status: 'cancelled' } : { status: 'failed', error: e.message })
    if (refused) turn.refuse(e)
    if (!ended) onFailed(run, e)
  }
  onEnded(id)
}
