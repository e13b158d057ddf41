/** Names of runs and checkpoints, and the folders that go by them. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { RECORD_FILE } from '../../engine/weights/checkpoint.ts'
import { listRuns, type Project } from '../projects/index.ts'

/** Where a checkpoint of this name lies. */
export const checkpointFolder = (project: Project, name: string) => path.join(project.folder, 'checkpoints', name.replace(/[^\p{L}\p{N}._=-]+/gu, '-'))

/** The name, or with the first number after it that is free: no checkpoint is overwritten, none that is being made is met. */
export function freeName(project: Project, wanted: string): string {
  const busy = new Set(listRuns(project).flatMap((r) => (r.folder !== null && (r.status === 'running' || r.status === 'queued') ? [path.resolve(project.folder, r.folder)] : [])))
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${wanted} ${n}`
    const folder = checkpointFolder(project, name)
    if (!busy.has(folder) && !existsSync(path.join(folder, RECORD_FILE))) return name
  }
}
