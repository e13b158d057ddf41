/** Links that lead out of a folder of images: the person is told where to, and may agree. */
import { shallowRef } from 'vue'
import { scanResult, type LinksOut } from '#shared/model/scan.ts'
import { call } from '../rpc/index.ts'
import { shortPath } from '../format.ts'
import { useJobs } from '../stores/jobs.ts'
import { useProject } from '../stores/project.ts'
import { useShell } from '../stores/shell.ts'
import { useToasts } from '../stores/toasts.ts'

/** Those that the last scan of this window did not follow. */
export const leftOut = shallowRef<{ folder: string; links: LinksOut } | null>(null)

export async function watchScan(jobId: string, folder: string): Promise<void> {
  const { result } = await useJobs().ended(jobId)
  const found = scanResult.safeParse(result)
  if (found.success) void offer(folder).catch(() => undefined)
  if (!found.success || found.data.links.count === 0) return
  leftOut.value = { folder, links: found.data.links }
  useToasts().say('toast.links', { count: found.data.links.count }, { key: 'links.look', run: () => useShell().open('links') })
}

/** Folders that could be labels, or annotations, in a folder that was added: a person is asked, on the page that a new project begins with. */
async function offer(folder: string): Promise<void> {
  const project = useProject()
  if (project.first !== null) return
  const { classCount, byFolders, splits, annotations } = await call('projects.survey', { folder })
  if ((byFolders && classCount > 1) || splits.length || annotations.some((a) => a.meant))
    useToasts().say('first.offer', { folder: shortPath(folder) }, { key: 'first.see', run: () => project.lookAt(folder) })
}

/** From now on links of this folder may lead out of it. */
export async function agree(folder: string): Promise<void> {
  leftOut.value = null
  const { jobId } = await call('projects.add-folder', { folder, followLinks: true })
  void watchScan(jobId, folder)
}
