/** Before a job on labelled images their files are looked at, so that no image ends it; the job says which it leaves out. */
import { cancelled } from '#shared/errors.ts'
import type { Job, JobProgress, LeftOut } from '#shared/model/job.ts'
import { labelledImages } from '../../db/labelled.ts'
import type { MakeJob } from '../../engine/client.ts'
import { mistakenFolder } from '../../engine/weights/folder.ts'
import { checkMedia } from '../media/files.ts'
import type { Project } from '../projects/project.ts'

/** Images that are in a split and have a label: those that jobs read. */
export const imagesOfJobs = ({ db }: Project): number[] => labelledImages(db)

/**
 * A job that is made once the files were looked at that were not, or are others since; `make` gets those that cannot be read, with the
 * reason. What is no checkpoint among those that the job reads is told before.
 */
export function onceLookedAt(
  project: Project,
  checkpoints: readonly string[],
  make: (unreadable: ReadonlyMap<number, string>) => Job,
  onProgress?: (p: JobProgress) => void,
): MakeJob {
  return async (stop) => {
    const progress = (done: number, total: number | null) => onProgress?.({ phase: 'checking', done, total: total ?? done })
    for (const folder of checkpoints) {
      const mistaken = mistakenFolder(folder)
      if (mistaken) throw mistaken
    }
    try {
      return make(await checkMedia(project, imagesOfJobs(project), { signal: stop, progress }))
    } catch (e) {
      throw stop.aborted ? cancelled() : e
    }
  }
}

/** "leaves out 4 unreadable images: a.png, b.png, …" */
export function leavesOut(leftOut: readonly LeftOut[]): string {
  const named = leftOut.slice(0, 5).map(({ file, reason }) => `${file} (${reason})`)
  return `leaves out ${leftOut.length} unreadable ${leftOut.length === 1 ? 'image' : 'images'}: ${named.join(', ')}${leftOut.length > 5 ? `, and ${leftOut.length - 5} more` : ''}`
}
