/**
 * The figures of every step of a run, and what it said of held-out images after each epoch: `checkpoints/.runs/ID/` with
 * `curve.csv`, `epochs.jsonl` and `log.jsonl` (run-lines.ts). Runs of earlier versions have none; their thinned loss is in the database.
 */
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import type { EpochAnswers, RunSeries } from '#shared/contract/runs.ts'
import type { JobProgress } from '#shared/model/job.ts'
import { judgedSchema, type Phase, phases, triesValues } from '#shared/model/progress.ts'
import type { RunRecord } from '#shared/model/project.ts'
import { listRuns, type Project } from '../projects/index.ts'
import { storedCurve } from './curve.ts'
import { LineLog } from './run-lines.ts'

const COLUMNS = ['phase', 'step', 'loss', 'lr', 'grad_norm', 'images_per_second'] as const
const HEAD = `${COLUMNS.join(',')}\n`
/** Lines are written together, at least this often, in ms. */
const PACE = 500

/** The split that epochs are judged on. */
const SPLIT = 'val'
const epochLine = judgedSchema.extend({
  step: z.number(),
  answers: z.array(z.object({ mediaId: z.int().nullable(), file: z.string(), truth: z.string(), class: z.string(), p: z.number() })),
})
type EpochLine = z.infer<typeof epochLine>

export const runFolder = (project: Project, runId: string): string => path.join(project.folder, 'checkpoints', '.runs', runId)
const curveFile = (folder: string) => path.join(folder, 'curve.csv')
const epochsFile = (folder: string) => path.join(folder, 'epochs.jsonl')

/** The images of the splits, by place, for the answers of an epoch. */
export interface Asked {
  readonly classes: readonly { readonly name: string }[]
  readonly splits: Readonly<Record<string, readonly { readonly file: string; readonly name?: string }[]>>
  readonly mediaIds: Readonly<Record<string, readonly number[]>>
}

/** Writes a run's log. A curve is not worth a night's work: where it cannot be written, the run goes on without it. */
export class RunLog {
  private readonly folder: string
  private lines = ''
  private written = Date.now()
  /** The last step of each phase that was recorded. */
  private last = new Map<string, number>()
  private broken = false
  /** Known once the run's images were checked. */
  asked: Asked | undefined
  /** What happens, for people to read. */
  readonly said: LineLog

  constructor(project: Project, run: Pick<RunRecord, 'id' | 'folder'>) {
    this.folder = runFolder(project, run.id)
    this.said = new LineLog(this.folder)
    this.attempt(() => {
      mkdirSync(this.folder, { recursive: true })
      const before = listRuns(project, 'train').find(
        (r) => r.id !== run.id && r.folder === run.folder && r.status !== 'done' && existsSync(curveFile(runFolder(project, r.id))),
      )
      if (before && !existsSync(curveFile(this.folder))) cpSync(runFolder(project, before.id), this.folder, { recursive: true })
      if (!existsSync(curveFile(this.folder))) writeFileSync(curveFile(this.folder), HEAD)
    })
  }

  add(p: JobProgress): void {
    if (p.loss !== undefined) {
      // Also where a run on a cluster goes back to its saved state.
      if (p.done <= (this.last.get(p.phase) ?? Infinity)) this.begin(p.phase, p.done)
      this.last.set(p.phase, p.done)
      this.lines += `${p.phase},${p.done},${short(p.loss)},${short(p.lr)},${short(p.gradNorm)},${short(p.imagesPerSecond)}\n`
      if (Date.now() - this.written >= PACE) this.flush()
    }
    this.said.add(p)
    if (p.judged) this.addEpoch(p.done, p.judged)
  }

  flush(): void {
    const lines = this.lines
    ;[this.lines, this.written] = ['', Date.now()]
    if (lines) this.attempt(() => appendFileSync(curveFile(this.folder), lines))
  }

  private addEpoch(step: number, { answers = [], ...judged }: NonNullable<JobProgress['judged']>): void {
    const { classes = [], splits = {}, mediaIds = {} } = this.asked ?? {}
    const line: EpochLine = {
      ...judged,
      step,
      answers: answers.map(({ at, truth, class: said, p }) => ({
        mediaId: mediaIds[SPLIT]?.[at] ?? null,
        file: splits[SPLIT]?.[at]?.name ?? splits[SPLIT]?.[at]?.file ?? '',
        truth: classes[truth]?.name ?? '',
        class: classes[said]?.name ?? '',
        p: Number(p.toPrecision(4)),
      })),
    }
    this.attempt(() => appendFileSync(epochsFile(this.folder), `${JSON.stringify(line)}\n`))
  }

  /** A run that goes on, or over, replaces what was recorded from this step. */
  private begin(phase: string, step: number): void {
    this.flush()
    this.attempt(() => {
      const file = curveFile(this.folder)
      const kept = wholeLines(file).slice(1).filter(earlierThan(phase, step))
      writeFileSync(file, HEAD + kept.map((l) => `${l}\n`).join(''))
      const epochs = readEpochs(this.folder).filter((e) => triesValues(phase) || e.step < step)
      if (existsSync(epochsFile(this.folder))) writeFileSync(epochsFile(this.folder), epochs.map((e) => `${JSON.stringify(e)}\n`).join(''))
    })
  }

  private attempt(body: () => void): void {
    if (this.broken) return
    try {
      body()
    } catch {
      this.broken = true
    }
  }
}

const short = (x: number | undefined) => (x === undefined || !Number.isFinite(x) ? '' : String(Number(x.toPrecision(6))))
/** The lines that were written to their end; none if there is no file. */
const wholeLines = (file: string): string[] => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [])
const earlierThan = (phase: string, step: number) => (line: string) => {
  const [of, at] = line.split(',', 2)
  return of !== phase || Number(at) < step
}

function readEpochs(folder: string): EpochLine[] {
  return wholeLines(epochsFile(folder)).flatMap((line) => {
    try {
      return [epochLine.parse(JSON.parse(line))]
    } catch {
      return [] // a line that another program wrote
    }
  })
}

const figure = (text: string | undefined): number | null => (text === undefined || text === '' ? null : Number(text))
const isPhase = (text: string): text is Phase => (phases as readonly string[]).includes(text)

/** Every step of the run's latest phase; of runs of earlier versions, their thinned loss. */
export function readSeries(project: Project, run: RunRecord): RunSeries {
  const folder = runFolder(project, run.id)
  const lines = wholeLines(curveFile(folder)).slice(1)
  const epochs = readEpochs(folder).map(({ answers: _, ...rest }) => rest)
  const series: RunSeries = { phase: null, step: [], loss: [], lr: [], gradNorm: [], imagesPerSecond: [], epochs }
  const last = lines.at(-1)?.split(',', 1)[0]
  if (last === undefined || !isPhase(last)) {
    const stored = storedCurve(run)
    const none = stored.map(() => null)
    const phase = stored[0]?.phase ?? null
    return {
      ...series,
      phase,
      step: stored.map((p) => p.step),
      loss: stored.map((p) => p.loss ?? null),
      lr: none,
      gradNorm: none,
      imagesPerSecond: none,
    }
  }
  series.phase = last
  for (const line of lines) {
    const [phase, step, loss, lr, norm, speed] = line.split(',')
    if (phase !== last || !Number.isFinite(Number(step))) continue
    series.step.push(Number(step))
    series.loss.push(figure(loss))
    series.lr.push(figure(lr))
    series.gradNorm.push(figure(norm))
    series.imagesPerSecond.push(figure(speed))
  }
  return series
}

export const readAnswers = (project: Project, runId: string): EpochAnswers =>
  readEpochs(runFolder(project, runId)).map(({ epoch, answers }) => ({ epoch, answers }))

export const removeRunFolder = (project: Project, runId: string): void =>
  rmSync(runFolder(project, runId), { recursive: true, force: true })
