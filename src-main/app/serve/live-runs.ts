/** Progress of this process's runs so far, for windows opened later, and the progress events sent to open windows. */
import type { EventData, EventName } from '#shared/contract.ts'
import type { RunProgress } from '#shared/contract/training.ts'
import type { StepProgress } from '#shared/model/progress.ts'
import type { JobRecord } from '#shared/model/queue.ts'
import { Curve } from '../training/curve.ts'
import type { Standing } from '../work/course.ts'

/** Sends an event to all windows of a project. */
export type TellProject = <E extends EventName>(key: string, event: E, data: EventData<E>) => void

/** Minimum time between two events of one run, in ms; its curve keeps every step. */
const pace = 100

export class LiveRuns {
  private readonly curves = new Map<string, Curve>()
  private readonly told = new Map<string, number>()
  /** The latest progress of each run in progress. */
  readonly latest = new Map<string, RunProgress>()

  constructor(private readonly tell: TellProject) {}

  /** The run's loss curve so far; undefined if this process has none. */
  points(runId: string): readonly RunProgress[] | undefined {
    return this.curves.get(runId)?.points
  }

  continues(runId: string, earlier: readonly RunProgress[]): void {
    this.curveOf(runId).earlier = earlier
  }

  progress(
    key: string,
    runId: string,
    {
      phase,
      part,
      done,
      total,
      loss,
      lr,
      gradNorm,
      imagesPerSecond,
      judged,
      waits,
      ...standing
    }: Omit<StepProgress, 'secondsLeft'> & Standing,
  ): void {
    const now: RunProgress = {
      ...{ runId, phase, part, step: done, steps: total ?? done, loss, lr, gradNorm, imagesPerSecond, waits, ...standing },
      ...(judged && { judged: { epoch: judged.epoch, metric: judged.metric, value: judged.value } }),
    }
    const before = this.latest.get(runId)
    this.curveOf(runId).add(now)
    this.latest.set(runId, now)
    const stretch = before?.phase === phase && before.part === part && before.waits?.path === waits?.path && !judged
    if (stretch && Date.now() - (this.told.get(runId) ?? 0) < pace && now.step < now.steps) return
    this.told.set(runId, Date.now())
    this.tell(key, 'run.progress', now)
  }

  ended(key: string, runId: string, { status, error }: JobRecord): void {
    this.latest.delete(runId)
    this.told.delete(runId)
    const known = status === 'done' || status === 'failed' ? status : 'cancelled'
    this.tell(key, 'run.finished', { runId, status: known, error })
  }

  private curveOf(runId: string): Curve {
    let curve = this.curves.get(runId)
    if (!curve) this.curves.set(runId, (curve = new Curve()))
    return curve
  }
}
