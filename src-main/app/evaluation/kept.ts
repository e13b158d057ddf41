/** The latest few comparisons, stored with the project: one file each in its `curation` folder. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { anyComparison, type AnyComparison } from '#shared/contract/evaluation.ts'
import { type ComparedTask, comparedTaskSchema } from '#shared/model/region-comparison.ts'
import { findRecord } from '../../engine/weights/index.ts'
import { projectHash, type Project, readResult, resultsFolder, writeResult } from '../projects/index.ts'

const stored = z.object({
  version: z.literal(1),
  of: z.literal('comparison'),
  at: z.number(),
  checkpoints: z.array(z.string()),
  state: z.string(),
  result: anyComparison,
})
export interface KeptComparison {
  readonly result: AnyComparison
  /** Milliseconds since 1970. */
  readonly at: number
  /** The dataset or one of the checkpoints has changed since. */
  readonly stale: boolean
}

const most = 20
const nameOf = (task: ComparedTask, checkpoints: readonly string[]) => {
  const of = task === 'classify' ? checkpoints : { task, checkpoints } // comparisons had no task at first
  return `comparison-${createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, 16)}.json`
}
const isName = (name: string) => /^comparison-[0-9a-f]{16}\.json$/.test(name)

/** A hash of the comparison's inputs: the dataset and the checkpoints. */
function stateOf(project: Project, checkpoints: readonly string[]): string {
  const weights = checkpoints.map((c) => {
    const record = findRecord(path.resolve(project.folder, c))
    return record && [record.created, record.fingerprint ?? null]
  })
  return createHash('sha256')
    .update(JSON.stringify([projectHash(project), weights]))
    .digest('hex')
}

/** `checkpoints`: as requested, in order. */
export function keepComparison(project: Project, checkpoints: readonly string[], result: AnyComparison): void {
  if (project.readOnly) return
  const folder = resultsFolder(project)
  const file = path.join(folder, nameOf(result.task, checkpoints))
  const kept: z.infer<typeof stored> = {
    version: 1,
    of: 'comparison',
    at: Date.now(),
    checkpoints: [...checkpoints],
    state: stateOf(project, checkpoints),
    result,
  }
  writeResult(file, kept, ofAnyVersion)
  for (const old of keptFiles(folder).slice(most)) if (read(old.file)) rmSync(old.file, { force: true })
}

/** The latest first. */
const keptFiles = (folder: string) =>
  (existsSync(folder) ? readdirSync(folder) : [])
    .filter(isName)
    .map((name) => ({ file: path.join(folder, name), written: statSync(path.join(folder, name)).mtimeMs }))
    .sort((a, b) => b.written - a.written)

/** What was compared, without its figures. */
const summary = stored.pick({ at: true, checkpoints: true }).extend({
  result: z.object({ task: comparedTaskSchema.default('classify'), rows: z.array(z.object({ name: z.string() })) }),
})
interface ComparisonSummary {
  readonly task: ComparedTask
  readonly checkpoints: string[]
  readonly names: string[]
  readonly at: number
}
/** The latest first. */
export const keptComparisons = (project: Project): ComparisonSummary[] =>
  keptFiles(resultsFolder(project)).flatMap(({ file }) => {
    const found = readResult(file, summary)
    if (!found) return []
    const { at, checkpoints, result } = found
    return [{ task: result.task, checkpoints, names: result.rows.map((r) => r.name), at }]
  })

/** null if these have not been compared yet, in this order. */
export function keptComparison(project: Project, task: ComparedTask, checkpoints: readonly string[]): KeptComparison | null {
  const found = read(path.join(resultsFolder(project), nameOf(task, checkpoints)))
  return found && { result: found.result, at: found.at, stale: found.state !== stateOf(project, checkpoints) }
}

const read = (file: string) => readResult(file, stored)

/** A comparison of any version. */
const ofAnyVersion = z.looseObject({ version: z.number(), of: z.literal('comparison') })
