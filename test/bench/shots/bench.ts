/**
 * `npm run bench -- shots --keep FOLDER [--fast]`: accuracy against the number of training pictures, in and out of distribution, on
 * the study, as in fig. 3 of CoOp's paper (Zhou et al. 2022, arXiv:2109.01134). Writes `shots.svg`, `shots.json` and `shots.txt` into
 * the folder; called again, it goes on where it was stopped.
 */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { replaceText } from '../../../src-main/files/atomic.ts'
import { kindTitle } from '../../../src-main/app/report/marks.ts'
import { withArticle } from '../../../src-main/app/sample/phrases.ts'
import { openStudy, type Study, type StudySize } from '../../../src-main/app/sample/study/study.ts'
import { renderTable } from '../../../src-main/app/terminal/table.ts'
import { fewShots } from '../../../src-main/app/training/shots.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { programRoot } from '../../../src-main/program.ts'
import { type Item, predictionsOf } from '../../../src-shared/model/job.ts'
import { methods, settingsOf } from './methods.ts'
import { shotsPlot } from './plot.ts'
import { addOutcome, type Outcome, type Point, pointsOf, readOutcomes, type RunKey, sameRun } from './results.ts'

const tests = ['id', 'ood', 'sketch', 'corrupted'] as const

export interface ShotsPlan {
  readonly size: StudySize
  readonly shots: readonly number[]
  readonly seeds: readonly number[]
}
const full: ShotsPlan = { size: { part: false }, shots: [1, 2, 4, 8, 16], seeds: [0, 1, 2] }
const small: ShotsPlan = { size: { part: true, classes: 16 }, shots: [1, 4, 8], seeds: [0] }

/** Trains and measures one run. */
type Measure = (key: RunKey, settings: Readonly<Record<string, unknown>>) => Promise<Outcome>

/** What a plan comes to. @returns the outcomes of this plan alone, of those that the folder has */
export async function carryOut({ size, shots, seeds }: ShotsPlan, folder: string, measure: Measure): Promise<Outcome[]> {
  fs.mkdirSync(folder, { recursive: true })
  const known = readOutcomes(folder)
  const outcomes: Outcome[] = []
  for (const seed of seeds)
    for (const method of methods)
      for (const n of method === 'zero-shot' ? [0] : shots) {
        if (method === 'zero-shot' && seed !== seeds[0]) continue // it draws nothing
        const settings = settingsOf(method, n)
        const of = createHash('sha256')
          .update(JSON.stringify([size, settings]))
          .digest('hex')
          .slice(0, 12)
        const key: RunKey = { method, shots: n, seed, of }
        let outcome = known.find((o) => sameRun(o, key))
        if (!outcome) {
          outcome = await measure(key, settings)
          addOutcome(folder, outcome)
        }
        outcomes.push(outcome)
      }
  return outcomes
}

function measuring({ dir, index }: Study): Measure {
  const classes = index.classes.map(({ name }) => ({ name, phrase: withArticle(name) }))
  const items = (wanted: string): Item[] =>
    index.pictures
      .filter(({ split }) => split === wanted)
      .map((p) => ({ file: path.join(dir, p.file), label: p.class, hash: createHash('sha256').update(p.file).digest('hex') }))
  const cache = path.join(process.env['DASHI_CACHE'] ?? path.join(os.homedir(), '.cache', 'dashi'), 'features')
  return async (key, settings) => {
    const { method: recipe, shots, seed } = key
    const out = fs.mkdtempSync(path.join(os.tmpdir(), 'dashi-shots-'))
    const began = process.cpuUsage()
    try {
      const splits = Object.fromEntries(['val', ...tests].map((split) => [split, items(split)]))
      const { measured } = await runJob(
        {
          ...{ kind: 'train', task: 'classify', model: path.join(programRoot, 'resources', 'nano'), out: path.join(out, 'run') },
          ...{ recipe, settings, seed, device: 'cpu', classes, dataHash: null, cache, saveEverySeconds: 3600 },
          splits: { ...splits, ...(shots > 0 && { train: fewShots(items('train'), shots, seed) }) },
        },
        { onProgress: () => undefined, isCancelled: () => false },
      )
      const found = predictionsOf(measured)
      const { user, system } = process.cpuUsage(began)
      const accuracies = Object.fromEntries((['val', ...tests] as const).map((split) => [split, found[split]!.accuracy]))
      const outcome = { ...key, ...(accuracies as Pick<Outcome, 'val' | (typeof tests)[number]>), cpuSeconds: (user + system) / 1e6 }
      process.stderr.write(`  ${said(outcome)}\n`)
      return outcome
    } finally {
      fs.rmSync(out, { recursive: true, force: true })
    }
  }
}

function said({ method, shots, seed, val, id, ood, sketch, corrupted, cpuSeconds }: Outcome): string {
  const shares = [val, id, ood, sketch, corrupted].map(inPercent).join(' / ')
  return `${method}, ${shots} shots, seed ${seed}: val and tests ${shares} %, ${cpuSeconds.toFixed(0)} s of processor`
}

const inPercent = (share: number) => (100 * share).toFixed(1)

export function shotsTable(points: readonly Point[]): string {
  const shots = [...new Set(points.map((p) => p.shots))].filter((n) => n > 0).sort((a, b) => a - b)
  const cell = (method: string, n: number, set: 'id' | 'ood') => {
    const point = points.find((p) => p.method === method && (p.shots === n || p.method === 'zero-shot'))
    return point && (point.seeds > 1 ? `${inPercent(point[set].mean)} ± ${inPercent(point[set].deviation)}` : inPercent(point[set].mean))
  }
  return renderTable<{ readonly method: string; readonly set: 'id' | 'ood' }>(
    [
      { title: '', value: ({ method }) => kindTitle(method) },
      { title: 'set', align: 'left', value: ({ set }) => set },
      ...shots.map((n) => ({ title: String(n), value: (r: { method: string; set: 'id' | 'ood' }) => cell(r.method, n, r.set) })),
    ],
    (['id', 'ood'] as const).flatMap((set) => [...new Set(points.map((p) => p.method))].map((method) => ({ method, set }))),
  )
}

/** @param folder for what it writes, and what it finds of earlier calls. @param fast one seed, few classes */
export async function shotsBench(folder: string, fast: boolean): Promise<Record<string, number>> {
  const plan = fast ? small : full
  const study = await openStudy(plan.size)
  const outcomes = await carryOut(plan, folder, measuring(study))
  const points = pointsOf(outcomes)
  const n = study.index.pictures.filter(({ split }) => split === 'id').length
  const about =
    `Nano on the study: ${study.index.classes.length} classes, ${n} pictures a test set, ${plan.seeds.length} ` +
    `${plan.seeds.length > 1 ? 'seeds (bars: standard deviation between them)' : 'seed'}.`
  const table = `${shotsTable(points)}\n${about} Accuracy in %; ood: mean of another studio, outlines, corrupted.\n`
  for (const [name, text] of [
    ['shots.svg', shotsPlot(points, about)],
    ['shots.json', `${JSON.stringify({ about, points, runs: outcomes }, null, 1)}\n`],
    ['shots.txt', table],
  ] as const)
    replaceText(path.join(folder, name), text)
  process.stderr.write(table)
  return { runs: outcomes.length, cpuSeconds: outcomes.reduce((sum, o) => sum + o.cpuSeconds, 0) }
}
