/** Electron's program: its package fetches it at first launch, from outside the npm registry. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
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

/**
 * By the package's own script, which checks what it fetched; through the proxy that the environment names.
 * @returns null when it is there, else the reason why not, in a line
 */
export async function fetchElectron(folder = packageFolder(), env = process.env): Promise<string | null> {
  if (!folder) return 'its package is not installed'
  if (env['ELECTRON_SKIP_BINARY_DOWNLOAD']) return 'ELECTRON_SKIP_BINARY_DOWNLOAD is set'
  const proxied = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'].some((name) => env[name])
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(folder, 'install.js')], {
      stdio: ['ignore', 'ignore', 'pipe'], timeout: patience, env: { ...env, ...(proxied ? { ELECTRON_GET_USE_PROXY: '1' } : {}) },
    })
    let said = ''
    child.stderr.on('data', (text: Buffer) => (said = `${said}${String(text)}`.slice(-10_000)))
    child.on('error', (e) => resolve(e.message))
    child.on('exit', (code, signal) => resolve(code === 0 ? null : signal ? `it took more than ${patience / 60_000} minutes` : reasonIn(said)))
  })
}

/** The line of a program's last words that names its error. */
const reasonIn = (said: string) => {
  const lines = said.split('\n').map((l) => l.trim()).filter((l) => l && !l.startsWith('at '))
  return (lines.find((l) => /error|ENOTFOUND|ECONN|status/i.test(l)) ?? lines.at(-1) ?? 'it does not say why').slice(0, 300)
}

/** What commonly keeps Electron from running on Linux, with its cure; null where nothing of it is seen. */
export function obstacle({ platform, getuid } = process, restricted = userNamespacesRestricted): string | null {
  if (platform !== 'linux') return null
  if (getuid?.() === 0) return 'its sandbox does not run as root: start Dashi as an ordinary user'
  if (!restricted()) return null
  return 'AppArmor keeps its sandbox from running (Ubuntu 23.10 and newer): `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0` allows it, or install the deb package'
}

function userNamespacesRestricted(): boolean {
  try {
    return readFileSync('/proc/sys/kernel/apparmor_restrict_unprivileged_userns', 'utf8').trim() === '1'
  } catch {
    return false
  }
}

/** Whether this machine has a screen for a window. */
export const hasScreen = ({ platform, env } = process) => platform !== 'linux' || Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY'])
