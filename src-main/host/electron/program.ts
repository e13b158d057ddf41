/** Electron's executable: its npm package downloads it on first launch, from outside the npm registry. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Timeout in ms for about 100 MB; an unreachable server fails at once. */
const patience = 10 * 60_000

function packageFolder(): string | null {
  try {
    return dirname(createRequire(import.meta.url).resolve('electron/package.json'))
  } catch {
    return null
  }
}

/** null if it is not installed. */
export function electronProgram(folder = packageFolder()): string | null {
  if (!folder || !existsSync(join(folder, 'path.txt'))) return null // path.txt is written last, so the download is complete
  const name = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }[process.platform as string] ?? 'electron'
  const program = join(folder, 'dist', name)
  return existsSync(program) ? program : null
}

/**
 * Runs the package's own script, which verifies the download, through the proxy set in the environment.
 * @returns null on success, otherwise the reason in one line
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

/** The proxy from the environment or npm's settings; the package's script itself only knows the first. */
const proxyOf = (env: NodeJS.ProcessEnv): string | undefined =>
  ['HTTPS_PROXY', 'https_proxy', 'npm_config_https_proxy', 'npm_config_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']
    .map((name) => env[name])
    .find((value) => value && /^https?:/.test(value))

/** Explains why the server is unreachable, which the package's script does not report. */
async function unreachable(from: string, proxy: string | undefined): Promise<string> {
  if (proxy) return `the proxy ${new URL(proxy).host} does not answer, or does not let it through`
  try {
    await fetch(from, { method: 'HEAD' })
    return `the download from ${from} was interrupted`
  } catch (e) {
    const { cause } = e as { cause?: { message?: string } }
    return cause?.message ?? `${from} cannot be reached`
  }
}

/** The line of a program's final output that names its error. */
const reasonIn = (said: string) => {
  const lines = said
    .split('\n')
    .map((l) => l.trim())
    .filter((l) => l && !l.startsWith('at '))
  return (lines.find((l) => /error|ENOTFOUND|ECONN|status/i.test(l)) ?? lines.at(-1) ?? 'it does not say why').slice(0, 300)
}

/** Common reasons why Electron does not run on Linux, with remedies; null if none applies. */
export function obstacle({ platform, getuid } = process, restricted = userNamespacesRestricted): string | null {
  if (platform !== 'linux') return null
  if (getuid?.() === 0) return 'its sandbox does not run as root: start Dashi as an ordinary user'
  if (!restricted()) return null
  return (
    'AppArmor blocks its sandbox (Ubuntu 23.10 and newer): ' +
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

/** Whether this machine has a display. */
export const hasScreen = ({ platform, env } = process) => platform !== 'linux' || Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY'])
