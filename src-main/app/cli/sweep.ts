import path from 'node:path'
import { Command } from 'commander'
import { type DashiError, errorLine, userError } from '#shared/errors.ts'
import { duration, percent, setting } from '#shared/format.ts'
import type { Device, JobProgress } from '#shared/model/job.ts'
import type { RunnerId } from '#shared/model/slurm.ts'
import type { RunRecord } from '#shared/model/project.ts'
import type { MeanOf } from '#shared/model/student.ts'
import { type SweepAsked, sweepOf } from '#shared/model/sweep.ts'
import { axisOf, sweptValueOf } from '#shared/model/sweep-text.ts'
import { chosenBy, ranked, scoresOf, type SweepRow, type SweepTable } from '#shared/model/sweep-table.ts'
import { sentence } from '#shared/sentences/table.ts'
import { recipes } from '../../engine/recipes/index.ts'
import type { AppContext } from '../context.ts'
import { closeInterrupted, listCheckpoints, openProject, type Project } from '../projects/index.ts'
import { progressBar } from '../terminal/progress.ts'
import { renderTable } from '../terminal/table.ts'
import { requireRoom } from '../storage/storage.ts'
import { nameOf } from '../training/names.ts'
import { writesOf } from '../training/plan/plan.ts'
import { enterAgain, stoppedRuns, trainSweep, unfinishedLike } from '../training/sweeps/carry-out.ts'
import { sweepById, sweepMembers } from '../training/sweeps/members.ts'
import { fromPreset, planSweep } from '../training/sweeps/plan.ts'
import { sweepPresets } from '../training/sweeps/presets.ts'
import { type Choice, choiceOf, choosing } from './choice.ts'
import { jobBars, output, untilDone } from './output.ts'
import { onSlurm, runnerOption, slurmOption } from './slurm.ts'
import { deviceOption, modelOption } from './train.ts'

interface Options extends Choice {
  project: string
  recipe?: string
  preset?: string
  model?: string
  device?: Device
  name?: string
  set: string[]
  seeds?: string
  draws?: string
  halving?: boolean | string
  runner: RunnerId
  slurm?: string[]
  json?: boolean
}

export const sweepCommand = (app: AppContext): Command =>
  choosing(
    new Command('sweep')
      .requiredOption('--project <dir>', 'project folder')
      .option('--recipe <name>', recipes.map((r) => r.id).join(', '))
      .option('--preset <name>', sweepPresets.map((p) => p.id).join(', '))
      .addOption(modelOption())
      .addOption(deviceOption())
      .option('--name <name>', 'names of the runs begin with it')
      .option('--set <key=value...>', 'settings of the recipe, and shots; several values are an axis', [])
      .option('--seeds <n>', 'how many seeds each point is trained with')
      .option('--draws <n>', 'how often random axes are drawn')
      .option('--halving [eta]', 'successive halving: the best 1/eta go on with eta times the epochs; eta is 3 unless given'),
  )
    .addOption(runnerOption())
    .addOption(slurmOption())
    .addHelpText('after', help)
    .action(async (o: Options) => {
      const project = openProject(o.project)
      const out = output(Boolean(o.json))
      try {
        closeInterrupted(project)
        const { model, device, name, runner } = o
        const plan = planSweep(app, project, { spec: askedFor(o), model, device, name, runner, data: choiceOf(o) })
        // Before any run is entered: otherwise each would be refused for itself.
        await requireRoom(app, project.folder, () => writesOf(app, project, plan.runs[0]!.request))
        const before = unfinishedLike(app, project, plan, o.name)
        if (before)
          out.say(
            `"${before.name}" goes on: ${before.runs.length - stoppedRuns(before).length} of its ${before.runs.length} runs are done.`,
          )
        const { id, runs } = project.db.transaction(() => {
          if (before) return { id: before.id, runs: stoppedRuns(before).map((run) => enterAgain(app, project, run)) }
          const { id, enter } = sweepMembers(app, plan)
          return { id, runs: enter.map((add) => add(project)) }
        })
        const failures = await carryOut(onSlurm(app, o.slurm), project, runs, out.say)
        const table = sweepById(project, id)
        if (!table.runs.some((r) => r.status === 'done')) throw failures[0]!
        out.answer(documentOf(project, table), () => textOf(project, table))
      } finally {
        project.close()
      }
    })

/** @returns why runs failed; they are told as they happen */
async function carryOut(app: AppContext, project: Project, runs: readonly RunRecord[], say: (line: string) => void): Promise<DashiError[]> {
  const failures: DashiError[] = []
  const [abort, left] = [new AbortController(), new AbortController()]
  const shown = sweepBars(runs)
  const result = trainSweep(app, project, runs, {
    signal: abort.signal,
    left: left.signal,
    onProgress: shown.onProgress,
    onEnded: shown.onEnded,
    onFailed(run, e) {
      failures.push(e)
      say(`${nameOf(run)} failed: ${errorLine(e)}`)
    },
  })
  const away = runs.some((r) => r.settings['runner'] === 'slurm')
  await untilDone({ result, cancel: () => abort.abort(), ...(away && { leave: () => left.abort() }) }).finally(shown.end)
  return failures
}

/** A bar for each run, one after the other; for those that run together, one for all. */
function sweepBars(runs: readonly RunRecord[]) {
  let shown: { id: string; bars: ReturnType<typeof jobBars> } | undefined
  let all: ReturnType<typeof progressBar> | undefined
  const at = new Map<string, JobProgress['phase'] | null>()
  const count = () => {
    const phases = [...at.values()]
    const waiting = phases.filter((p) => p === 'at-the-cluster').length
    const done = phases.filter((p) => p === null).length
    all?.update({ done, total: runs.length, note: `${phases.length - waiting - done} running, ${waiting} waiting` })
  }
  return {
    onProgress(run: RunRecord, p: JobProgress) {
      if (run.settings['runner'] === 'slurm') {
        const changes = at.get(run.id) !== p.phase
        at.set(run.id, p.phase)
        all ??= progressBar('runs', { total: runs.length })
        if (changes) count()
        return
      }
      if (shown?.id !== run.id) {
        shown?.bars.end()
        shown = { id: run.id, bars: jobBars(`${1 + runs.findIndex((r) => r.id === run.id)}/${runs.length} ${nameOf(run)}`) }
      }
      shown.bars.onProgress(p)
    },
    onEnded(runId: string) {
      at.set(runId, null)
      count()
    },
    end() {
      shown?.bars.end()
      all?.end()
    },
  }
}

/** What the options ask for. @throws a user fault naming the axis or option */
function askedFor({ recipe, preset, set, seeds, draws, halving }: Options): SweepAsked {
  const given = set.map((pair): readonly [string, string] => {
    const [, key, value] = /^([^=]+)=(.+)$/.exec(pair) ?? []
    if (!key || value === undefined) throw userError(sentence('command.set', { found: pair }))
    return [key, value]
  })
  const axes = given.flatMap(([field, text]) => axisOf(field, text) ?? [])
  const fixed = given.filter(([field]) => !axes.some((a) => a.field === field))
  const whole = (text: string, most: number, code: 'sweep.seeds' | 'sweep.draws') => {
    if (!/^\d{1,4}$/.test(text) || Number(text) < 1 || Number(text) > most) throw userError(sentence(code, { found: text }))
    return Number(text)
  }
  const asked = {
    settings: Object.fromEntries(fixed.map(([field, text]) => [field, sweptValueOf(text)])),
    axes,
    ...(seeds !== undefined && { seeds: Array.from({ length: whole(seeds, 100, 'sweep.seeds') }, (_, i) => i) }),
    ...(draws !== undefined && { draws: whole(draws, 1000, 'sweep.draws') }),
    ...(halving && { halving: typeof halving === 'string' ? { eta: Number(halving) } : {} }),
  }
  if (preset !== undefined) return fromPreset(preset, { ...asked, ...(recipe !== undefined && { recipe }) })
  if (recipe === undefined) throw userError(sentence('sweep.no-recipe'))
  return { ...asked, recipe }
}

const meanText = ({ mean, half }: MeanOf) => `${percent(mean)}${half === null ? '' : ` ± ${percent(half)}`}`

function textOf(project: Project, table: SweepTable<RunRecord>): string {
  type Row = SweepRow<RunRecord>
  const best = ranked(lastRung(table))[0]
  const rows = [...table.rows].sort((a, b) => a.rung - b.rung)
  const lines = renderTable<Row>(
    [
      ...(table.rungs > 1 ? [{ title: 'rung', value: (r: Row) => r.rung + 1 }] : []),
      ...table.fields.map((f) => ({ title: f, value: (r: Row) => (r.point ? setting(r.point[f]) : null) })),
      { title: 'runs', value: (r) => `${r.runs.filter((x) => x.status === 'done').length}/${r.runs.length}` },
      ...table.splits.map((s) => ({ title: `${s} %`, value: (r: Row) => (r.scores[s] ? meanText(r.scores[s]) : null) })),
      { title: 'time', value: (r) => (r.scores['seconds'] ? duration(r.scores['seconds'].mean) : null) },
      { title: '', align: 'left', value: (r) => (r === best && chosenBy(r) ? '← best' : '') },
    ],
    rows,
  )
  const folders = checkpointsOf(project, table.runs).flatMap((c) => c ?? [])
  const seeds = table.spec.seeds.length > 1 ? `means over the seeds, ± half of their 95% interval (Student’s t)\n` : ''
  return `${table.name}\n${lines}${seeds}${folders.join('\n')}`
}

/** The rows that are comparable with each other: those of the last rung with a score. */
const lastRung = ({ rows }: SweepTable<RunRecord>) => {
  const last = Math.max(0, ...rows.filter((r) => chosenBy(r)).map((r) => r.rung))
  return rows.filter((r) => r.rung === last)
}

function checkpointsOf(project: Project, runs: readonly RunRecord[]): (string | null)[] {
  const folders = new Map(listCheckpoints(project).map((c) => [c.runId, path.resolve(project.folder, c.folder)]))
  return runs.map((r) => folders.get(r.id) ?? null)
}

/** `checkpoints`: what `dashi merge` and the comparison take; `best`: that of the best row's first run. */
function documentOf(project: Project, table: SweepTable<RunRecord>) {
  const folders = new Map(checkpointsOf(project, table.runs).map((folder, i) => [table.runs[i]!.id, folder]))
  const best = ranked(lastRung(table))[0]
  return {
    sweep: table.id,
    name: table.name,
    recipe: table.spec.recipe,
    rows: table.rows.map(({ rung, point, runs, scores }) => ({
      rung,
      point,
      done: runs.filter((r) => r.status === 'done').length,
      scores: Object.fromEntries(Object.entries(scores).filter(([key]) => key !== 'seconds')),
      seconds: scores['seconds']?.mean ?? null,
    })),
    runs: table.runs.map((r) => ({
      name: nameOf(r),
      status: r.status,
      rung: sweepOf(r.settings)!.rung,
      point: sweepOf(r.settings)!.point,
      seed: r.settings['seed'],
      checkpoint: folders.get(r.id),
      metrics: scoresOf(r.metrics),
      ...(r.error !== null && { error: r.error }),
    })),
    best: best ? { point: best.point, checkpoint: best.runs.map((r) => folders.get(r.id)).find((f) => f) ?? null } : null,
    checkpoints: [...folders.values()].filter((f) => f !== null),
  }
}

function help(): string {
  const presets = sweepPresets.map(({ id, about, recipe }) => `  ${id}: ${about.en} (${recipe} unless told)`)
  return `
Axes, by --set:
  lr=1e-4,1e-5           each of these values
  lr=log:1e-6:1e-3       drawn uniformly in the logarithm
  labelSmoothing=uniform:0:0.2
  augmentation=choice:light:strong
  shots=1,2,4            so many training images of each class
The same command goes on with a sweep of it that was stopped.

Presets:
${presets.join('\n')}`
}
