/** Waiting for folders of images before a queued training begins: a missing drive is no reason to train on half the images. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { JobProgress, TrainJob } from '#shared/model/job.ts'
import type { StepProgress } from '#shared/model/progress.ts'
import type { MakeJob } from '../../engine/index.ts'
import { goneFolder } from '../../engine/runtime/index.ts'
import { pausesOf, type Waiter } from '../storage/pauses.ts'

class Gone extends Error {}

/** Resolves when the folder of every image is there. @throws if the job is cancelled meanwhile */
export async function foldersOf({ splits }: Pick<TrainJob, 'splits'>, waiter: Waiter): Promise<void> {
  const files = new Map(Object.values(splits).flatMap((items) => items.map(({ file }) => [path.dirname(file), file] as const)))
  const pauses = pausesOf(waiter)
  for (const [folder, file] of files)
    await pauses.until(
      async () => {
        if (!existsSync(folder)) throw new Gone()
      },
      (e) => (e instanceof Gone ? goneFolder(file) : undefined),
    )
}

/**
 * Makes the job again while images are left out that a look at them no longer leaves out: a folder that was gone for a moment has
 * taken all of its images with it.
 */
export const whereFoldersAre =
  (planned: Pick<TrainJob, 'splits'>, make: MakeJob<TrainJob>, onProgress?: (p: JobProgress) => void): MakeJob<TrainJob> =>
  async (stop) => {
    const progress = (now: StepProgress) => onProgress?.({ ...now, total: now.total ?? now.done })
    for (let before = Infinity; ;) {
      await foldersOf(planned, { signal: stop, progress })
      const job = await make(stop)
      const left = job.leftOut?.length ?? 0
      if (!left || left === before) return job
      before = left
    }
  }
