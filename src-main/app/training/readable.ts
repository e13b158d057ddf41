/**
 * Checks the files of labelled images before a job starts, so that a broken one cannot stop it; the job lists those
 * left out.
 */
import { cancelled } from '#shared/errors.ts'
import type { Job, JobProgress, LeftOut } from '#shared/model/job.ts'
import { imagesWithCaptions, imagesWithRegions, labelledImages } from '../../db/labelled.ts'
import type { MakeJob } from '../../engine/index.ts'
import { captionTask, regionTask } from '../../engine/tasks/index.ts'
import { mistakenFolder } from '../../engine/weights/index.ts'
import { checkMedia } from '../media/files.ts'
import type { Project } from '../projects/project.ts'

/** Images that jobs of a task read: those in a split with an accepted label or, for tasks of regions and captions, one of these. */
export const imagesOfJobs = ({ db }: Project, task = 'classify'): number[] =>
  captionTask(task)?.labels
    ? [...new Set([...imagesWithCaptions(db), ...labelledImages(db)])].sort((a, b) => a - b)
    : captionTask(task)
      ? imagesWithCaptions(db)
      : regionTask(task)
        ? imagesWithRegions(db)
        : labelledImages(db)

/**
 * Creates a job after checking new or changed image files; `make` gets the unreadable ones with the reason.
 * @param task whose images are checked; classification by default
 * @param checkpoints folders that the job reads; an invalid one is reported before any image is checked
 */
export function onceLookedAt<J extends Job>(
  project: Project,
  checkpoints: readonly string[],
  make: (unreadable: ReadonlyMap<number, string>) => J,
  onProgress?: (p: JobProgress) => void,
  task?: string,
): MakeJob<J> {
  return async (stop) => {
    const progress = (done: number, total: number | null) => onProgress?.({ phase: 'checking', done, total: total ?? done })
    for (const folder of checkpoints) {
      const mistaken = mistakenFolder(folder)
      if (mistaken) throw mistaken
    }
    try {
      return make(await checkMedia(project, imagesOfJobs(project, task), { signal: stop, progress }))
    } catch (e) {
      throw stop.aborted ? cancelled() : e
    }
  }
}

/** "leaves out 4 unreadable images: a.png, b.png, …" */
export function leavesOut(leftOut: readonly LeftOut[]): string {
  const named = leftOut.slice(0, 5).map(({ file, reason }) => `${file} (${reason})`)
  const more = leftOut.length > 5 ? `, and ${leftOut.length - 5} more` : ''
  return `leaves out ${leftOut.length} unreadable ${leftOut.length === 1 ? 'image' : 'images'}: ${named.join(', ')}${more}`
}
