/**
 * The system's keychain, asked through its own program. A secret is handed over by the program's input, never as an argument, which
 * every user of the machine could read.
 */
import { spawn } from 'node:child_process'

export interface Keychain {
  /** null: it has none. @throws if there is no keychain that works */
  find(account: string): Promise<string | null>
  /** @throws as {@link find} */
  store(account: string, secret: string): Promise<void>
  /** @throws as {@link find} */
  remove(account: string): Promise<void>
}

const SERVICE = 'dashi'
/** A keychain that is locked may ask the user. */
const PATIENCE = 60_000

/** Accounts are addresses of hubs, secrets are printable: neither needs quoting in any of these languages. */
export function keychainOf(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): Keychain {
  const run = runner(env)
  if (platform === 'darwin') return macKeychain(run)
  if (platform === 'win32') return windowsVault(run)
  return secretService(run)
}

interface Ran {
  readonly code: number | null
  readonly said: string
  readonly out: string
}
type Run = (program: string, args: readonly string[], input?: string) => Promise<Ran>

const runner =
  (env: NodeJS.ProcessEnv): Run =>
  (program, args, input = '') =>
    new Promise((resolve, reject) => {
      const child = spawn(program, [...args], { stdio: 'pipe', env, windowsHide: true, timeout: PATIENCE })
      let [out, said] = ['', '']
      child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
      child.on('error', reject)
      child.on('close', (code) => resolve({ code, out, said: said.trim().split('\n')[0] ?? '' }))
      child.stdin.on('error', () => undefined) // it ended before it read everything; its exit code says why
      child.stdin.end(input)
    })

const succeeded = ({ code, said }: Ran): void => {
  if (code !== 0) throw new Error(said || `exit code ${code}`)
}
const line = ({ out }: Ran) => out.trim() || null

/** The Secret Service of GNOME and KDE, by libsecret's program. */
const secretService = (run: Run): Keychain => {
  const of = (account: string) => ['service', SERVICE, 'account', account]
  return {
    async find(account) {
      const ran = await run('secret-tool', ['lookup', ...of(account)])
      // It ends with 1 both if there is no such secret and if there is no service, but says something in the second case only.
      if (ran.code !== 0 && ran.said) succeeded(ran)
      return line(ran)
    },
    store: async (account, secret) =>
      succeeded(await run('secret-tool', ['store', '--label', `Dashi: ${account}`, ...of(account)], secret)),
    remove: async (account) => void (await run('secret-tool', ['clear', ...of(account)])),
  }
}

/** `security -i` reads commands, and with them the secret, from its input. */
const macKeychain = (run: Run): Keychain => ({
  async find(account) {
    const ran = await run('security', ['find-generic-password', '-s', SERVICE, '-a', account, '-w'])
    if (ran.code !== 0 && ran.code !== 44) succeeded(ran) // 44: no such item
    return ran.code === 0 ? line(ran) : null
  },
  store: async (account, secret) =>
    succeeded(await run('security', ['-i'], `add-generic-password -U -s ${SERVICE} -a "${account}" -w "${secret}"\n`)),
  remove: async (account) => void (await run('security', ['delete-generic-password', '-s', SERVICE, '-a', account])),
})

/** Windows' password vault, which only its runtime can read back. */
const windowsVault = (run: Run): Keychain => {
  const vault =
    '$v = [Windows.Security.Credentials.PasswordVault,Windows.Security.Credentials,ContentType=WindowsRuntime]::new(); ' +
    '$c = [Windows.Security.Credentials.PasswordCredential,Windows.Security.Credentials,ContentType=WindowsRuntime]; '
  const shell = (script: string, input?: string) =>
    run('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', `$ErrorActionPreference = 'Stop'; ${vault}${script}`], input)
  const remove = (account: string) => `try { $v.Remove($v.Retrieve('${SERVICE}', '${account}')) } catch { }; `
  return {
    find: async (account) => {
      const read = `try { $f = $v.Retrieve('${SERVICE}', '${account}'); $f.RetrievePassword(); [Console]::Write($f.Password) } catch { }`
      const ran = await shell(read)
      succeeded(ran)
      return line(ran)
    },
    store: async (account, secret) =>
      succeeded(await shell(`${remove(account)}$v.Add($c::new('${SERVICE}', '${account}', [Console]::In.ReadLine()))`, `${secret}\n`)),
    remove: async (account) => void (await shell(remove(account))),
  }
}
