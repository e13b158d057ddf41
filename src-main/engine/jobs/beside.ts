/** The second checkpoint of a training: the last weights, where the best became the first. */
import { existsSync } from 'node:fs'
import type { Kept } from '#shared/model/course.ts'
import type { TrainJob } from '#shared/model/job.ts'
import type { Trained } from '../recipes/run.ts'
import { findRecord, writeCheckpoint, type CheckpointContent } from '../weights/checkpoint.ts'
import type { Weights } from '../weights/source.ts'
import { fromWeights } from '../weights/tensors.ts'

/** Where the second checkpoint of a training into `out` lies, if nothing else does. */
export const besideName = (out: string, kept: Kept): string => `${out}-${kept}`

/** Writes it beside the first, in a folder that is free or has it from an earlier attempt. @returns the folder */
export async function besideOf(
  { out }: Pick<TrainJob, 'out'>,
  { kept, course, head, tensors, files, partners, weights, added, config }: NonNullable<Trained['other']>,
  { base, record, weights: of }: Pick<CheckpointContent, 'base' | 'record'> & { readonly weights: Weights },
): Promise<string> {
  const own = ({ base, recipe, seed, dataHash }: CheckpointContent['record']) => JSON.stringify([base, recipe, seed, dataHash])
  const isTaken = (dir: string) => {
    if (!existsSync(dir)) return false
    const there = findRecord(dir)
    return !there || own(there) !== own(record)
  }
  let dir = besideName(out, kept)
  for (let n = 2; isTaken(dir); n++) dir = `${besideName(out, kept)}-${n}`
  await writeCheckpoint(dir, {
    base,
    ...{ head, tensors, files, partners, weights: fromWeights(of, weights, added), says: config },
    record: { ...record, ...(course && { course }) },
  })
  return dir
}
