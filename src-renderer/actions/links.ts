import { call } from '../rpc/index.ts'
import { useProject } from '../stores/project.ts'

/** Adds the folder again, now following links that lead out of it. */
export async function followLinks(folder: string): Promise<void> {
  const project = useProject()
  project.linksOut = null
  const { jobId } = await call('projects.add-folder', { folder, followLinks: true })
  void project.watchScan(jobId, folder)
}
