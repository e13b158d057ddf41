import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { userError } from '#shared/errors.ts'
import { predictionsOf } from '#shared/model/job.ts'
import type { ReportInput, ReportRow, SplitName } from '#shared/model/report.ts'
import { softmaxRows } from '../../engine/metrics/index.ts'
import type { AppContext } from '../context.ts'
import { closeInterrupted, openProject, type Project, projectHash, projectInfo } from '../projects/index.ts'
import { findings } from '../report/findings.ts'
import { reportPlace, writeReport } from '../report/report.ts'
import { splitTitles } from '../report/splits.ts'
import { createStudyProject, studyName } from '../sample/study/project.ts'
import { openStudy, type StudySize } from '../sample/study/study.ts'
import { classificationData } from '../training/dataset.ts'
import { measureOutside } from './outside.ts'
import { type DemoPlan, demoPlan } from './plan.ts'
import { type DemoHooks, type DemoResults, runPlan, type Shown } from './runs.ts'

interface DemoSize {
  /** One seed and a part of the pictures. */
  readonly fast: boolean
  /** The first so many classes only. */
  readonly classes?: number | undefined
}

export interface DemoRow extends Partial<Record<SplitName, number>> {
  name: string
  seconds: number
  checkpoint: string
}

/** Runs the main workflow end to end on the study: labelled pictures → fine-tune five ways → soups → evaluate → report. */
export async function runDemo(
  app: AppContext,
  out: string,
  { fast, classes }: DemoSize,
  hooks: DemoHooks,
): Promise<{ project: string; rows: DemoRow[]; report: string; table: ReportRow[] }> {
  const size = { part: fast, classes }
  const project = await openDemoProject(out, size, hooks)
  try {
    const plan = demoPlan(fast)
    const study = await openStudy(size)
    const outside = measureOutside(app, study, hooks.until, (p) => hooks.onProgress('Other concepts', p))
    const results = await runPlan(app, project, plan, outside, hooks)
    const report = reportPlace(project.folder)
    writeReport(report, await reportOf(project, results, plan, commandOf(size)))
    const table = results.shown.map((s) => s.row)
    return { project: project.folder, rows: table.map(demoRow), report, table }
  } finally {
    project.close()
  }
}

async function openDemoProject(out: string, size: StudySize, hooks: DemoHooks): Promise<Project> {
  if (existsSync(path.join(out, 'project.db'))) {
    const project = openProject(out)
    const { name } = projectInfo(project)
    if (name === studyName(size)) {
      closeInterrupted(project)
      return project
    }
    project.close()
    throw userError(`${out}: holds another project ("${name}"); choose another folder with --out`)
  }
  const { verified } = await createStudyProject(out, size, {
    onProgress: (done, total) => hooks.onProgress('Pictures', { phase: 'drawing', done, total }),
  })
  if (!verified)
    hooks.say('The pictures were rendered slightly differently on this machine: figures may differ slightly from the published ones.')
  return openProject(out)
}

const demoRow = ({ id, ood, sketch, corrupted, heldOut, forgotten, ...row }: ReportRow): DemoRow => ({
  name: row.name,
  id: id?.accuracy,
  ood: ood?.accuracy,
  sketch: sketch?.accuracy,
  corrupted: corrupted?.accuracy,
  heldOut: heldOut?.accuracy,
  forgotten: forgotten?.accuracy,
  seconds: row.seconds!,
  checkpoint: row.checkpoint!,
})

function commandOf({ part, classes }: StudySize): string {
  const options = [...(part ? ['--fast'] : []), ...(classes ? [`--classes ${classes}`] : [])]
  return ['npm run demo', ...(options.length ? ['--', ...options] : [])].join(' ')
}

const setNames: Readonly<Record<string, string>> = { train: 'Training', val: 'Validation', ...splitTitles }

async function reportOf(
  project: Project,
  { shown, ledger }: DemoResults,
  { seeds, shots }: DemoPlan,
  command: string,
): Promise<ReportInput> {
  const { classes, splits } = classificationData(project)
  const rows = shown.map((s) => s.row)
  const ledgers = ledger ? [ledger] : []
  const version = (name: string) => (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version
  const sizes = { train: shots * classes.length, forgotten: rows[0]?.forgotten?.n }
  return {
    title: 'Five ways to fine-tune, blends and soups',
    subtitle:
      `Which of ${classes.length} things is this? Learned from ${shots} pictures of each in one studio’s drawings, tested on ` +
      'unseen compositions, another studio’s drawings, outlines and corrupted pictures.',
    created: new Date().toISOString(),
    setting: {
      model: 'Nano (4.3 million parameters)',
      device: shown[0]!.runs[0]!.result.device,
      seeds: [...seeds],
      dataHash: projectHash(project),
      classes: classes.length,
      data: Object.entries(setNames).flatMap(([split, name]) => {
        const n = split in sizes ? sizes[split as keyof typeof sizes] : splits[split]?.length
        return n ? [{ name, n }] : []
      }),
      versions: { 'onnxruntime-node': version('onnxruntime-node'), node: process.versions.node },
      sets: {
        id: 'The drawings that were trained on (Fluent) in compositions never seen',
        ood: 'The same things drawn by a studio never seen (Noto, first edition)',
        sketch: 'Outlines of the drawings that were trained on',
        corrupted: 'Noise, blur, low contrast and JPEG, each at five strengths',
        heldOut: 'Set apart for choosing soups',
        forgotten: 'Things that are no classes, in the styles of pre-training, told apart by their names alone',
      },
      command,
    },
    rows,
    ledgers,
    pictures: await examples(
      classes.map((c) => c.name),
      splits,
      shown,
    ),
    findings: findings({ rows, ledgers }),
  }
}

/** A few evenly spaced pictures of each test set, with the first seed's predictions of the main rows. */
async function examples(
  classes: readonly string[],
  splits: Record<string, readonly { file: string; label: number }[]>,
  shown: readonly Shown[],
): Promise<ReportInput['pictures']> {
  const asked = shown.filter(({ row }) => row.kind !== 'sweep')
  const pictures: NonNullable<ReportInput['pictures']> = []
  for (const [set, count] of [
    ['id', 8],
    ['ood', 8],
    ['sketch', 4],
    ['corrupted', 4],
  ] as const) {
    const items = splits[set] ?? []
    for (let k = 0; k < Math.min(count, items.length); k++) {
      const i = Math.floor(((k + 0.5) * items.length) / count)
      const dataUri = `data:image/png;base64,${(await readFile(items[i]!.file)).toString('base64')}`
      const predictions = asked.map(({ row, runs }) => {
        const { logits } = predictionsOf(runs[0]!.result.measured)[set]!
        const p = softmaxRows(logits.subarray(i * classes.length, (i + 1) * classes.length), classes.length)
        const top = Array.from(p, (value, c) => ({ label: classes[c]!, p: value }))
          .sort((a, b) => b.p - a.p)
          .slice(0, 3)
        return { row: row.name, top }
      })
      pictures.push({ dataUri, truth: classes[items[i]!.label]!, set, predictions })
    }
  }
  return pictures
}
