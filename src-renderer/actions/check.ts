/** Rechecks files that could not be read, and reports the result. */
import { checkedFiles } from '#shared/contract/media.ts'
import { errorWords } from '../locales/error-words.ts'
import { call } from '../rpc/index.ts'
import { useGallery } from '../stores/gallery.ts'
import { useJobs } from '../stores/jobs.ts'
import { useProject } from '../stores/project.ts'
import { useToasts } from '../stores/toasts.ts'

export async function checkAgain(): Promise<void> {
  try {
    const ended = await useJobs().ended((await call('media.check')).jobId)
    const found = checkedFiles.safeParse(ended.result)
    if (found.success) useToasts().done('facets.checked', { n: found.data.repaired, m: found.data.unreadable })
    await Promise.all([useProject().refresh(), useGallery().refresh()])
  } catch (e) {
    useToasts().error(errorWords(e))
  }
}
