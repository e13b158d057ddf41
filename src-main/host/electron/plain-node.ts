/** Finds a Node executable that is not Electron. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

export interface Surroundings {
  platform: NodeJS.Platform
  env: NodeJS.ProcessEnv
  /** Electron's folder for the package's own files. */
  resourcesPath?: string
  packaged: boolean
}

/**
 * The Node shipped with the package or, in a source tree, the one that started the desktop (`DASHI_NODE`), else the
 * first on the path. It runs libraries that Electron cannot: on Linux, loading both sharp's and GTK's GLib crashes the
 * process (github.com/lovell/sharp/issues/4525), and Electron's allocator refuses onnxruntime's large aligned blocks.
 * @returns null if there is none
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
