import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { createRequire } from 'node:module'
import { type JobProgress, predictionsOf, type ResultOf } from '#shared/model/job.ts'
import type { ReportInput, ReportLedger, ReportRow } from '#shared/model/report.ts'
import { userError } from '#shared/errors.ts'
import { setting } from '#shared/format.ts'
import { findRecipe } from '../../engine/recipes/index.ts'
import { softmaxRows } from '../../engine/metrics/index.ts'
import type { AppContext } from '../context.ts'
import { mergeIntoProject } from '../merging/merge.ts'
import { closeInterrupted, openProject, type Project, projectHash, projectInfo } from '../projects/index.ts'
import { findings } from '../report/findings.ts'
import { reportPlace, writeReport } from '../report/report.ts'
import { scored } from '../report/scored.ts'
import { splitAbbreviations } from '../report/splits.ts'
import { createSampleProject, SAMPLE_NAME } from '../sample/project.ts'
import { classificationData } from '../training/dataset.ts'
import { freeName } from '../training/names.ts'
import { startTraining } from '../training/train.ts'
import { type DemoRun, demoRuns } from './plan.ts'

export interface DemoHooks {
  onProgress: (title: string, p: JobProgress) => void
  say: (line: string) => void
  /** Receives a running job, so that it can be cancelled. */
  until: <T>(running: { result: Promise<T>; cancel(): void }) => Promise<T>
}

export interface DemoRow {
  name: string
  id: number
  ood: number
  heldOut: number
  forgotten: number
  seconds: number
  checkpoint: string
}

interface Done {
  readonly row: ReportRow
  readonly result: ResultOf<'train' | 'merge'>
}

/** Runs the main workflow end to end on the sample: label → fine-tune five ways → soup → evaluate → report. */
export async function runDemo(
  app: AppContext,
  out: string,
  fast: boolean,
  hooks: DemoHooks,
): Promise<{ project: string; rows: DemoRow[]; report: string; table: ReportRow[] }> {
  const project = await openDemoProject(out, hooks)
  try {
    const { runs, ingredients } = demoRuns(fast)
    const shown: Done[] = []
    const onVal = ({ result }: Done) => predictionsOf(result.measured)['val']!.accuracy
    for (const group of new Set(runs.map((r) => r.group))) {
      const tried: Done[] = []
      for (const run of runs.filter((r) => r.group === group)) tried.push(await train(app, project, run, hooks))
      const best = tried.reduce((a, b) => (onVal(b) > onVal(a) ? b : a))
      shown.push({ ...best, row: { ...best.row, name: group } })
    }
    const sweep: Done[] = []
    for (const run of ingredients) sweep.push(await train(app, project, run, hooks))
    const lpFt = shown.find((d) => d.row.kind === 'lp-ft')!
    const candidates = [lpFt, ...sweep]
    const soups: Done[] = []
    let ledger: ReportLedger | undefined
    for (const method of ['uniform', 'greedy'] as const) {
      const title = `${method === 'uniform' ? 'Uniform' : 'Greedy'} soup`
      const name = freeName(project, title)
      const running = mergeIntoProject(
        app,
        project,
        { name, method: { name: method }, checkpoints: candidates.map((c) => c.result.checkpoint) },
        (p) => hooks.onProgress(title, p),
      )
      const { result } = await hooks.until(running)
      soups.push({ result, row: { ...rowOf(title, 'soup', result), method } })
      if (result.ledger) ledger = ledgerOf(result.ledger, candidates)
    }
    const all = [...shown, ...sweep, ...soups]
    const report = reportPlace(project.folder)
    writeReport(report, await reportOf(project, all, ledger, fast))
    return { project: project.folder, rows: all.map(demoRow), report, table: all.map((d) => d.row) }
  } finally {
    project.close()
  }
}

async function openDemoProject(out: string, hooks: DemoHooks): Promise<Project> {
  if (existsSync(path.join(out, 'project.db'))) {
    const project = openProject(out)
    const { name } = projectInfo(project)
    if (name === SAMPLE_NAME) {
      closeInterrupted(project)
      return project
    }
    project.close()
    throw userError(`${out}: holds another project ("${name}"); choose another folder with --out`)
  }
  const { verified } = await createSampleProject(out, {
    onProgress: (done, total) => hooks.onProgress('Sample', { phase: 'drawing', done, total }),
  })
  if (!verified)
    hooks.say('The sample was rendered slightly differently on this machine: figures may differ slightly from the published ones.')
  return openProject(out)
}

async function train(app: AppContext, project: Project, run: DemoRun, hooks: DemoHooks): Promise<Done> {
  const { result } = await hooks.until(
    startTraining(app, project, { ...run, name: freeName(project, run.name) }, (p) => hooks.onProgress(run.name, p)),
  )
  const settings = Object.fromEntries(Object.entries(run.settings ?? {}).map(([k, v]) => [k, setting(v)]))
  return { result, row: { ...rowOf(run.name, run.kind, result), settings } }
}

function rowOf(name: string, kind: ReportRow['kind'], result: Done['result']): ReportRow {
  const scores = Object.fromEntries(
    (['id', 'ood', 'heldOut', 'forgotten'] as const).flatMap((split) => {
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

const ledgerOf = (entries: NonNullable<ResultOf<'merge'>['ledger']>, candidates: readonly Done[]): ReportLedger => ({
  title: 'Greedy soup',
  entries: entries.map((e) => ({
    name: candidates.find((c) => c.result.checkpoint === e.dir)?.row.name ?? path.basename(e.dir),
    heldOut: e.heldOut,
    score: e.score,
    accepted: e.accepted,
    margin: e.margin,
  })),
})

const demoRow = ({ row }: Done): DemoRow => ({
  name: row.name,
  id: row.id!.accuracy,
  ood: row.ood!.accuracy,
  heldOut: row.heldOut!.accuracy,
  forgotten: row.forgotten!.accuracy,
  seconds: row.seconds!,
  checkpoint: row.checkpoint!,
})

const setNames: Readonly<Record<string, string>> = { train: 'Training', val: 'Validation', ...splitAbbreviations }

async function reportOf(project: Project, all: readonly Done[], ledger: ReportLedger | undefined, fast: boolean): Promise<ReportInput> {
  const { classes, splits } = classificationData(project)
  const rows = all.map((d) => d.row)
  const ledgers = ledger ? [ledger] : []
  const version = (name: string) => (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version
  return {
    title: 'Five ways to fine-tune, and two soups',
    subtitle: `Which subgroup of the emoji is this? Learned from ${splits['train']!.length} drawings by one studio, tested on others.`,
    created: new Date().toISOString(),
    setting: {
      model: 'Nano (4.3 million parameters)',
      device: all[0]!.result.device,
      seed: 0,
      dataHash: projectHash(project),
      classes: classes.length,
      data: Object.entries(setNames).flatMap(([split, name]) => (splits[split] ? [{ name, n: splits[split].length }] : [])),
      versions: { 'onnxruntime-node': version('onnxruntime-node'), node: process.versions.node },
      sets: {
        id: 'Concepts never trained on, in the style that was fine-tuned on (Fluent)',
        ood: 'The same concepts in a style never seen (Noto, first edition)',
        heldOut: 'Set apart for choosing soups',
        forgotten: 'The same concepts in the four styles of pre-training',
      },
      command: `npm run demo${fast ? ' -- --fast' : ''}`,
    },
    rows,
    ledgers,
    pictures: await examples(
      classes.map((c) => c.name),
      splits,
      all,
    ),
    findings: findings({ rows, ledgers }),
  }
}

/** A few evenly spaced pictures of each test set, with the predictions of the main rows. */
async function examples(
  classes: readonly string[],
  splits: Record<string, readonly { file: string; label: number }[]>,
  all: readonly Done[],
): Promise<ReportInput['pictures']> {
  const asked = all.filter((d) => d.row.kind !== 'sweep')
  const pictures: NonNullable<ReportInput['pictures']> = []
  for (const [set, count] of [
    ['id', 10],
    ['ood', 10],
  ] as const) {
    const items = splits[set] ?? []
    for (let k = 0; k < Math.min(count, items.length); k++) {
      const i = Math.floor(((k + 0.5) * items.length) / count)
      const dataUri = `data:image/png;base64,${(await readFile(items[i]!.file)).toString('base64')}`
      const predictions = asked.map((d) => {
        const { logits } = predictionsOf(d.result.measured)[set]!
        const p = softmaxRows(logits.subarray(i * classes.length, (i + 1) * classes.length), classes.length)
        const top = Array.from(p, (value, c) => ({ label: classes[c]!, p: value }))
          .sort((a, b) => b.p - a.p)
          .slice(0, 3)
        return { row: d.row.name, top }
      })
      pictures.push({ dataUri, truth: classes[items[i]!.label]!, set, predictions })
    }
  }
  return pictures
}
