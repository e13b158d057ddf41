/** Links that lead out of a folder of images: the person is told where to, and may agree. */
import { shallowRef } from 'vue'
import { scanResult, type LinksOut } from '#shared/model/scan.ts'
import { call } from '../rpc/index.ts'
import { shortPath } from '../format.ts'
import { useJobs } from '../stores/jobs.ts'
import { useShell } from '../stores/shell.ts'
import { useToasts } from '../stores/toasts.ts'

/** Those that the last scan of this window did not follow. */
export const leftOut = shallowRef<{ folder: string; links: LinksOut } | null>(null)

/** The store of the project, which itself begins scans. */
interface Project {
  /** The folder of the page that a new project begins with, while that is shown. */
  readonly first: string | null
  lookAt(folder: string): void
}

export async function watchScan(project: Project, jobId: string, folder: string): Promise<void> {
  const { result } = await useJobs().ended(jobId)
  const found = scanResult.safeParse(result)
  if (found.success) void offer(project, folder).catch(() => undefined)
  if (!found.success || found.data.links.count === 0) return
  leftOut.value = { folder, links: found.data.links }
  useToasts().say('toast.links', { count: found.data.links.count }, { key: 'links.look', run: () => useShell().open('links') })
}

/** Where an added folder holds class folders or annotations, the page that a new project begins with is offered for it. */
async function offer(project: Project, folder: string): Promise<void> {
  if (project.first !== null) return
  const { classCount, byFolders, splits, annotations } = await call('projects.survey', { folder })
  if ((byFolders && classCount > 1) || splits.length || annotations.some((a) => a.meant))
    useToasts().say('first.offer', { folder: shortPath(folder) }, { key: 'first.see', run: () => project.lookAt(folder) })
}

/** From now on links of this folder may lead out of it. */
export async function agree(project: Project, folder: string): Promise<void> {
  leftOut.value = null
  const { jobId } = await call('projects.add-folder', { folder, followLinks: true })
  void watchScan(project, jobId, folder)
}
