/** Classifies a path that was dropped or typed. */
import { existsSync, type Stats, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { LookedAt } from '#shared/contract/app.ts'
import { isImageName } from './scan.ts'

/** `path` is the project's folder, whether the folder or its file was named. */
export function lookAt(given: string): LookedAt {
  const path = resolve(given)
  const info = existing(path)
  const found = (kind: LookedAt['kind'], at = path): LookedAt => ({ kind, path: at, folder: dirname(at) })
  if (!info) return found('missing')
  if (info.isDirectory()) return found(existsSync(join(path, 'project.db')) ? 'project' : 'folder')
  if (/\.(db|dashi)$/i.test(path) && existsSync(join(dirname(path), 'project.db'))) return found('project', dirname(path))
  return found(isImageName(path.split(/[\\/]/).at(-1)!) ? 'image' : 'file')
}

/** null if nothing is there, or it cannot be accessed. */
function existing(path: string): Stats | null {
  try {
    return statSync(path)
  } catch {
    return null
  }
}
