import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Electron's program, null where it is not installed: its package fetches it at first launch, from outside the npm registry. */
export function electronProgram(): string | null {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'))
    const name = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }[process.platform as string] ?? 'electron'
    const program = join(folder, 'dist', name)
    return existsSync(program) ? program : null
  } catch {
    return null
  }
}
