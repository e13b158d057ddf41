/** Electron's program: its package fetches it at first launch, from outside the npm registry. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Milliseconds for a hundred megabytes; where nothing can be reached it fails at once. */
const patience = 10 * 60_000

function packageFolder(): string | null {
  try {
    return dirname(createRequire(import.meta.url).resolve('electron/package.json'))
  } catch {
    return null
  }
}

/** null where it is not there. */
export function electronProgram(folder = packageFolder()): string | null {
  if (!folder || !existsSync(join(folder, 'path.txt'))) return null // written last: all of it is there
  const name = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }[process.platform as string] ?? 'electron'
  const program = join(folder, 'dist', name)
  return existsSync(program) ? program : null
}

/** By the package's own script, which checks what it fetched. */
export async function fetchElectron(): Promise<void> {
  const folder = packageFolder()
  if (!folder || process.env['ELECTRON_SKIP_BINARY_DOWNLOAD']) return
  await new Promise<void>((resolve) => {
    const child = spawn(process.execPath, [join(folder, 'install.js')], { stdio: 'ignore', timeout: patience })
    child.on('error', () => resolve())
    child.on('exit', () => resolve())
  })
}

/** Whether this machine has a screen for a window. */
export const hasScreen = ({ platform, env } = process) => platform !== 'linux' || Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY'])
