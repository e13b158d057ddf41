/** What a project keeps in its own folder, which may be a folder of images too: none of it is part of a dataset. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

export const projectFiles: readonly string[] = [
  'project.db',
  'project.db-wal',
  'project.db-shm',
  'project.db-journal',
  'project.head',
  'project.lock',
  'project.lock-journal',
  'project.lock.json',
  'project.dashi',
]
/** Images are only in `media`, which a person may have had before; so it is not among them. */
export const projectFolders: readonly string[] = ['checkpoints', 'backups', 'curation']

export const isProjectFolder = (folder: string): boolean =>
  existsSync(join(folder, 'project.db')) && existsSync(join(folder, 'project.dashi'))

/** Names in this folder that are not a person's; none where it is no project's. */
export const ownNames = (folder: string): ReadonlySet<string> =>
  new Set(isProjectFolder(folder) ? [...projectFiles, ...projectFolders] : [])
