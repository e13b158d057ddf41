/** Waiting for folders of images before a queued training begins: a missing drive is no reason to train on half the images. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { TrainJob } from '#shared/model/job.ts'
import type { StepProgress } from '#shared/model/progress.ts'
import { goneFolder, Pauses } from '../../engine/runtime/index.ts'

class Gone extends Error {}

/** Resolves when the folder of every image is there. @throws if the job is cancelled meanwhile */
export async function foldersOf(
  { splits }: Pick<TrainJob, 'splits'>,
  { signal, progress }: { readonly signal: AbortSignal; progress(now: StepProgress): void },
): Promise<void> {
  const files = new Map(Object.values(splits).flatMap((items) => items.map(({ file }) => [path.dirname(file), file] as const)))
  const pauses = new Pauses({
    onPause: (waits) => progress({ phase: 'checking', done: 0, total: null, ...(waits && { waits }) }),
    isCancelled: () => signal.aborted,
  })
  for (const [folder, file] of files)
    await pauses.until(
      async () => {
        if (!existsSync(folder)) throw new Gone()
      },
      (e) => (e instanceof Gone ? goneFolder(file) : undefined),
    )
}
