/** What a project keeps in its folder, which may also be an image folder: none of it is part of a dataset. */
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
/** `media` is not listed: it holds images, and may have existed before the project. */
export const projectFolders: readonly string[] = ['checkpoints', 'backups', 'curation']

export const isProjectFolder = (folder: string): boolean =>
  existsSync(join(folder, 'project.db')) && existsSync(join(folder, 'project.dashi'))

/** Names in this folder that belong to the project; none if it is not a project's folder. */
export const ownNames = (folder: string): ReadonlySet<string> =>
  new Set(isProjectFolder(folder) ? [...projectFiles, ...projectFolders] : [])
