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
  const proxy = proxyOf(env)
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(folder, 'install.js')], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: patience,
      env: { ...env, ...(proxy ? { ELECTRON_GET_USE_PROXY: '1', HTTPS_PROXY: proxy } : {}) },
    })
    let said = ''
    child.stderr.on('data', (text: Buffer) => (said = `${said}${String(text)}`.slice(-10_000)))
    child.on('error', (e) => resolve(e.message))
    child.on('exit', (code, signal) => {
      if (code === 0) return resolve(null)
      if (signal) return resolve(`it took more than ${patience / 60_000} minutes`)
      const reason = reasonIn(said)
      resolve(/fetch failed/.test(reason) ? unreachable(env['ELECTRON_MIRROR'] ?? 'https://github.com/', proxy) : reason)
    })
  })
}

/** That of the environment, of npm's settings, or of everything; the package's script itself knows the first only. */
const proxyOf = (env: NodeJS.ProcessEnv): string | undefined =>
  ['HTTPS_PROXY', 'https_proxy', 'npm_config_https_proxy', 'npm_config_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']
    .map((name) => env[name])
    .find((value) => value && /^https?:/.test(value))

/** Why nothing comes from there, which the package's script does not say. */
async function unreachable(from: string, proxy: string | undefined): Promise<string> {
  if (proxy) return `the proxy ${new URL(proxy).host} does not answer, or does not let it through`
  try {
    await fetch(from, { method: 'HEAD' })
    return `the download from ${from} broke off`
  } catch (e) {
    const { cause } = e as { cause?: { message?: string } }
    return cause?.message ?? `${from} cannot be reached`
  }
}

/** The line of a program's last words that names its error. */
const reasonIn = (said: string) => {
  const lines = said
    .split('\n')
    .map((l) => l.trim())
    .filter((l) => l && !l.startsWith('at '))
  return (lines.find((l) => /error|ENOTFOUND|ECONN|status/i.test(l)) ?? lines.at(-1) ?? 'it does not say why').slice(0, 300)
}

/** What commonly keeps Electron from running on Linux, with its cure; null where nothing of it is seen. */
export function obstacle({ platform, getuid } = process, restricted = userNamespacesRestricted): string | null {
  if (platform !== 'linux') return null
  if (getuid?.() === 0) return 'its sandbox does not run as root: start Dashi as an ordinary user'
  if (!restricted()) return null
  return (
    'AppArmor keeps its sandbox from running (Ubuntu 23.10 and newer): ' +
    '`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0` allows it, or install the deb package'
  )
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
