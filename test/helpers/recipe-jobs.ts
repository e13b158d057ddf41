/** What the tests of recipes share: the small CLIP, pictures of shapes, jobs on them, and runs that are stopped in between. */
import path from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import { runJob } from '../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../src-main/engine/models/checkpoint.ts'
import type { Model } from '../../src-main/engine/models/model.ts'
import { filesOf, shapePictures, shapesJob, temporaryFolder, TINY_CLIP } from './pictures.ts'

export const quiet = { onProgress: () => undefined, isCancelled: () => false }

/** Opened before the tests of a file and closed after them. @param usual settings of every job, unless it says otherwise */
export function recipeJobs(recipe: string, usual: TrainJob['settings']) {
  let [dir, splits, base]: [string?, TrainJob['splits']?, Model?] = []
  beforeAll(async () => {
    dir = temporaryFolder()
    splits = await shapePictures(path.join(dir, 'pictures'))
    base = await openModel(TINY_CLIP)
  })
  afterAll(() => base?.close())
  return {
    get dir() {
      return dir!
    },
    get splits() {
      return splits!
    },
    get base() {
      return base!
    },
    job: (name: string, settings: TrainJob['settings'] = {}, more: Partial<TrainJob> = {}): TrainJob =>
      shapesJob(splits!, {
        ...{ out: path.join(dir!, name), cache: path.join(dir!, 'cache'), recipe },
        settings: { batchSize: 6, augmentation: 'none', ...usual, ...settings },
        ...more,
      }),
  }
}

/** Expects that a job stopped after two steps and taken up again gives the curve and the tensors of the same job in one go. */
export async function resumesToTheBit(whole: TrainJob, parts: TrainJob): Promise<void> {
  const { loss } = await runJob(whole, quiet)
  let steps = 0
  const stopping = { onProgress: ({ phase }: { phase: string }) => void (phase === 'training' && steps++), isCancelled: () => steps >= 2 }
  await expect(runJob(parts, stopping)).rejects.toThrow('cancelled')
  expect(loss.length).toBeGreaterThan(2)
  expect((await runJob(parts, quiet)).loss).toEqual(loss)
  const tensors = (of: TrainJob) => Object.entries(filesOf(of.out)).filter(([name]) => name.endsWith('.safetensors'))
  expect(tensors(parts)).toEqual(tensors(whole))
}
