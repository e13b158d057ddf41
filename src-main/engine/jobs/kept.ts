import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Job } from '#shared/model/job.ts'
import { sweep } from '../../files/atomic.ts'
import { savedLosses as lossesIn } from '../runtime/loop.ts'
import { besideName } from './beside.ts'
import { findRecord } from '../weights/checkpoint.ts'
import { RECORD_FILE } from '../weights/source.ts'
import { sentence, type Sentence } from '#shared/sentences/table.ts'

/** Where a training into `out` saves its resumable state. */
export const stateOf = (out: string) => ({ dir: `${out}.run`, file: path.join(`${out}.run`, 'state.safetensors') })

/** The losses of the steps that resuming a training into `out` would skip; empty if it would start over. */
export const savedLosses = (out: string): number[] => lossesIn(stateOf(out).file)

/** Removes what a training into `out` saved to be resumed; not the folder while other files are in it. Never throws. */
export function forgetState(out: string): void {
  const { dir, file } = stateOf(out)
  try {
    if (!existsSync(dir)) return
    rmSync(file, { force: true })
    sweep(file)
    removeEmpty(dir)
  } catch {
    // a training that is done does not fail for it; the project's next opening tries again
  }
}

export function removeEmpty(dir: string): void {
  if (existsSync(dir) && !readdirSync(dir).length) rmdirSync(dir)
}

/** One sentence on what remains of a job whose process ended early. @param began ms since 1970 */
export function kept(job: Job, began: number): Sentence {
  if (job.kind !== 'train' && job.kind !== 'merge') return sentence('job.kept-nothing-changed')
  if (job.kind === 'merge' && job.run !== undefined) return sentence('job.kept-nothing-changed') // its soup is removed
  const written = Date.parse(recordOf(job.out)?.created ?? '') >= began
  if (written) return sentence(job.kind === 'train' ? 'job.kept-checkpoint' : 'job.kept-soup')
  if (job.kind === 'merge') return sentence('job.kept-nothing-changed')
  const steps = stepsSaved(job.out)
  return steps ? sentence('job.kept-state', { steps }) : sentence('job.kept-nothing')
}

/** Removes the temporary files of a job whose process was killed. */
export function sweepJob(job: Job): void {
  if (job.kind !== 'train' && job.kind !== 'merge') return
  const { dir, file } = stateOf(job.out)
  try {
    const beside = besideName(job.out, 'last')
    for (const target of [job.out, path.join(job.out, RECORD_FILE), beside, path.join(beside, RECORD_FILE), file])
      if (existsSync(path.dirname(target))) sweep(target)
    if (job.kind === 'train' && !(job.keepsState && recordOf(job.out))) removeEmpty(dir)
  } catch {
    // the next write removes it
  }
}

function recordOf(dir: string) {
  try {
    return findRecord(dir)
  } catch {
    return undefined
  }
}

function stepsSaved(out: string): number {
  try {
    return savedLosses(out).length
  } catch {
    return 0
  }
}
