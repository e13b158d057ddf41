/** A Node that is not Electron. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

export interface Surroundings {
  platform: NodeJS.Platform
  env: NodeJS.ProcessEnv
  /** Of Electron: beside the package's own files. */
  resourcesPath?: string
  packaged: boolean
}

/**
 * The one shipped with the package; from a source tree the one that started the desktop (`DASHI_NODE`), else the first on the path.
 * Libraries that Electron cannot hold run there: sharp's and GTK's copies of GLib end a process that has both, on Linux
 * (github.com/lovell/sharp/issues/4525), and onnxruntime's large aligned blocks are refused by Electron's allocator.
 * @returns null where there is none
 */
export function plainNode({ platform, env, resourcesPath, packaged }: Surroundings): string | null {
  const name = platform === 'win32' ? 'node.exe' : 'node'
  const shipped = resourcesPath ? [join(resourcesPath, 'node', ...(platform === 'win32' ? [] : ['bin']), name)] : []
  const others = packaged
    ? []
    : [
        env['DASHI_NODE'] ?? '',
        ...(env['PATH'] ?? env['Path'] ?? '')
          .split(delimiter)
          .filter(Boolean)
          .map((folder) => join(folder, name)),
      ]
  return [...shipped, ...others].find((path) => path && runs(path)) ?? null
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
