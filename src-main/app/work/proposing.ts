/** Jobs whose results are proposals on many images. */
import type { ProposeReport } from '#shared/model/propose.ts'
import type { Control } from '../preview/index.ts'
import type { JobContext } from './kind.ts'

/** Tells how far it is and how fast and, if there are proposals, the windows that there are. */
export async function proposing<R extends ProposeReport>(
  { signal, progress, tell }: JobContext,
  propose: (control: Control) => Promise<R>,
): Promise<R> {
  const began = performance.now()
  const onProgress = (done: number, total: number) => {
    const seconds = (performance.now() - began) / 1000
    progress({ phase: 'proposing', done, total, ...(done && seconds > 1 ? { imagesPerSecond: done / seconds } : {}) })
  }
  const report = await propose({ signal, onProgress })
  if (report.proposals) {
    tell('project.changed', { what: ['labels'] })
    tell('annotations.changed', { mediaIds: [], action: 'propose', origin: null })
  }
  return report
}
