/**
 * Accuracy on the line between two models (WiSE-FT, Wortsman et al. 2022, eq. 1), measured at several α by one job. The soups
 * themselves are not kept: what is kept are their figures, in the cache, for these models and this dataset.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { cancelled } from '#shared/errors.ts'
import { accuracies } from '#shared/model/job.ts'
import type { StepProgress } from '#shared/model/progress.ts'
import { methodOf } from '../../engine/merge/index.ts'
import { findRecord } from '../../engine/weights/index.ts'
import { replaceText } from '../../files/atomic.ts'
import type { AppContext } from '../context.ts'
import { type Project, projectHash } from '../projects/index.ts'
import { startMerge } from './merge.ts'

/** A line: its ends as folders, and the method with the setting that interpolates between them. */
export interface Line {
  readonly base: string
  readonly tuned: string
  readonly method: string
  readonly setting: string
}

const points = z.array(z.object({ alpha: z.number(), splits: z.record(z.string(), z.number()) }))
type Points = z.infer<typeof points>

/** Of these weights, as far as they have a fingerprint, and of the dataset as it is now. */
function keyOf(project: Project, { base, tuned, method, setting }: Line): string {
  const ends = [base, tuned].map((end) => {
    const dir = path.resolve(project.folder, end)
    return findRecord(dir)?.fingerprint ?? dir
  })
  return createHash('sha256')
    .update(JSON.stringify([...ends, method, setting, projectHash(project)]))
    .digest('hex')
    .slice(0, 24)
}
const fileOf = (app: AppContext, key: string) => path.join(app.cache, 'lines', `${key}.json`)

/** What was measured of a line before, by α. */
export function measuredOn(app: AppContext, project: Project, line: Line): Points {
  const file = fileOf(app, keyOf(project, line))
  try {
    return existsSync(file) ? points.parse(JSON.parse(readFileSync(file, 'utf8'))) : []
  } catch {
    return [] // of another version: it is measured again
  }
}

/**
 * Blends and evaluates at each α that was not measured yet; what is done is kept when it is cancelled.
 * @returns how many were measured
 */
export async function measureLine(
  app: AppContext,
  project: Project,
  { alphas, ...line }: Line & { readonly alphas: readonly number[] },
  { signal, progress }: { readonly signal: AbortSignal; progress(now: StepProgress): void },
): Promise<number> {
  const key = keyOf(project, line)
  const out = path.join(app.cache, 'lines', key)
  const checkpoints = [line.base, line.tuned].map((end) => path.resolve(project.folder, end))
  const left = alphas.filter((alpha) => !measuredOn(app, project, line).some((p) => p.alpha === alpha))
  mkdirSync(path.dirname(out), { recursive: true })
  try {
    for (const [done, alpha] of left.entries()) {
      if (signal.aborted) throw cancelled()
      progress({ phase: 'merging', part: `α ${alpha}`, done, total: left.length })
      rmSync(out, { recursive: true, force: true })
      const method = methodOf(line.method, { [line.setting]: alpha })
      const running = startMerge(app, project, { method, checkpoints, out, forgetting: false })
      const cancel = () => running.cancel()
      signal.addEventListener('abort', cancel, { once: true })
      const { measured } = await running.result.finally(() => signal.removeEventListener('abort', cancel))
      const all = [...measuredOn(app, project, line), { alpha, splits: accuracies(measured) }].sort((a, b) => a.alpha - b.alpha)
      replaceText(fileOf(app, key), JSON.stringify(all))
    }
    progress({ phase: 'merging', done: left.length, total: left.length })
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
  return left.length
}
