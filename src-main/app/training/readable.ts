/** Before a job on labelled images their files are looked at, so that no image ends it; the job says which it leaves out. */
import { cancelled } from '#shared/errors.ts'
import type { JobProgress, LeftOut } from '#shared/model/job.ts'
import { checkMedia } from '../media/files.ts'
import type { Project } from '../projects/project.ts'

interface Running<T> {
  result: Promise<T>
  cancel(): void
}

/** Images that are in a split and have a label: those that jobs read. */
export const imagesOfJobs = ({ db }: Project): number[] =>
  db.all<{ id: number }>(`SELECT m.id FROM media m WHERE m.split IS NOT NULL AND EXISTS (SELECT 1 FROM media_label l WHERE l.media_id = m.id AND l.state = 'accepted') ORDER BY m.id`).map((r) => r.id)

/** Begins a job once the files were looked at that were not, or are others since; `begin` gets those that cannot be read, with the reason. */
export function onceLookedAt<T>(project: Project, begin: (unreadable: ReadonlyMap<number, string>) => Running<T>, onProgress?: (p: JobProgress) => void): Running<T> {
  const stop = new AbortController()
  let running: Running<T> | undefined
  const result = (async () => {
    let looked: ReadonlyMap<number, string>
    try {
      looked = await checkMedia(project, imagesOfJobs(project), { signal: stop.signal, progress: (done, total) => onProgress?.({ phase: 'checking', done, total: total ?? done }) })
    } catch (e) {
      throw stop.signal.aborted ? cancelled() : e
    }
    running = begin(looked)
    if (stop.signal.aborted) running.cancel()
    return running.result
  })()
  return {
    result,
    cancel() {
      stop.abort()
      running?.cancel()
    },
  }
}

/** "leaves out 4 unreadable images: a.png, b.png, …" */
export function leavesOut(leftOut: readonly LeftOut[]): string {
  const named = leftOut.slice(0, 5).map(({ file, reason }) => `${file} (${reason})`)
  return `leaves out ${leftOut.length} unreadable ${leftOut.length === 1 ? 'image' : 'images'}: ${named.join(', ')}${leftOut.length > 5 ? `, and ${leftOut.length - 5} more` : ''}`
}
