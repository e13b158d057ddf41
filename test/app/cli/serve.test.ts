import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { runCli } from '../../../src-main/app/cli/main.ts'
import type { CliContext } from '../../../src-main/app/cli/context.ts'
import { electronProgram, fetchElectron, hasScreen, obstacle } from '../../../src-main/host/electron/program.ts'
import { userError } from '../../../src-shared/errors.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'
import { start } from '../../helpers/programs.ts'

let dir: string
beforeAll(() => void (dir = temporaryFolder()))

test('serves one project until it is told to stop, however early', async () => {
  const env = { DASHI_HOME: path.join(dir, 'home') }
  const child = await start('cli', ['serve', '--project', dir], {
    env,
    onLine: (line) => line.startsWith('Open http://127.0.0.1:') && child.kill('SIGINT'),
  })
  const { code, stdout, stderr } = await child.ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^Open http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}\n\(this address works once/)
})

describe('a start', () => {
  const file = () => path.join(dir, 'a file')
  /** What is said until the server would begin, or the desktop ends. */
  async function begin(argv: string[], desktop: Partial<CliContext['desktop']> = {}) {
    const fetched = vi.fn(async () => 'HTTPError: 403')
    const served = vi.fn(async () => Promise.reject(userError('served')))
    const said: string[] = []
    const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text).trimEnd()) > 0)
    try {
      const app = {
        startServer: served as CliContext['startServer'],
        desktop: { main: 'main.js', screen: true, program: () => null, fetch: fetched, obstacle: () => null, ...desktop },
      } as CliContext
      return { code: await runCli(argv, async () => app), said, fetched, served }
    } finally {
      spy.mockRestore()
      process.exitCode = undefined
    }
  }

  test('names what is wrong with its options', async () => {
    fs.writeFileSync(file(), '')
    for (const command of ['serve', 'start'])
      for (const [options, why] of [
        [['--port', '65536'], 'dashi: --port: expected a number from 0 to 65535, found "65536"'],
        [['--port', '-1'], 'dashi: --port: expected a number from 0 to 65535, found "-1"'],
        [['--project', path.join(dir, 'nowhere')], `dashi: --project: ${path.join(dir, 'nowhere')} does not exist`],
        [['--project', file()], `dashi: --project: ${file()} is a file, expected a folder`],
      ] as const) {
        const { code, said, served } = await begin([command, ...options])
        expect({ code, said }).toEqual({ code: 2, said: [why] })
        expect(served).not.toHaveBeenCalled()
      }
  })

  test('opens the desktop where there is Electron, and says in one line why it opens the browser', async () => {
    const program = path.join(dir, 'electron')
    const write = (script: string) => fs.writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    write(`echo "$@" > ${dir}/args`)
    const desktop = await begin(['start', '--project', dir], { program: () => program })
    expect({ code: desktop.code, said: desktop.said, args: fs.readFileSync(path.join(dir, 'args'), 'utf8') }).toEqual({
      code: 0,
      said: [],
      args: `main.js ${dir}\n`,
    })
    expect(desktop.served).not.toHaveBeenCalled()

    write('exit 1')
    const broken = await begin(['start'], { program: () => program })
    expect(broken.said).toEqual(['Electron does not run here, so the workbench opens in the browser.', 'dashi: served'])
    const root = await begin(['start'], { program: () => program, obstacle: () => 'its sandbox does not run as root' })
    expect(root.said[0]).toBe('Electron does not run here (its sandbox does not run as root), so the workbench opens in the browser.')
    const blind = await begin(['start'], { screen: false })
    expect(blind.said).toEqual(['There is no display for Electron’s window, so the workbench opens in the browser.', 'dashi: served'])
    expect(blind.fetched).not.toHaveBeenCalled()
    const without = await begin(['start'])
    expect(without.fetched).toHaveBeenCalledOnce()
    expect(without.said).toEqual([
      'Downloading Electron (once) …',
      'Electron cannot be downloaded here (HTTPError: 403), so the workbench opens in the browser.',
      'dashi: served',
    ])
  })

  test('says why Electron could not be fetched, and goes through the proxy that is named', async () => {
    const folder = path.join(dir, 'installer')
    fs.mkdirSync(folder)
    const install = (script: string) => fs.writeFileSync(path.join(folder, 'install.js'), script)
    install('console.error("RequestError: getaddrinfo ENOTFOUND example.org\\n    at Object.x (y.js:1:1)"); process.exit(1)')
    expect(await fetchElectron(folder, {})).toBe('RequestError: getaddrinfo ENOTFOUND example.org')
    install('process.exit(process.env.ELECTRON_GET_USE_PROXY ? 0 : 1)')
    expect(await fetchElectron(folder, { HTTPS_PROXY: 'http://proxy:3128' })).toBeNull()
    expect(await fetchElectron(folder, {})).toBe('it does not say why')
    // The package's script knows the first of these only.
    install('process.exit(process.env.HTTPS_PROXY === "http://proxy:3128" ? 0 : 1)')
    for (const name of ['HTTPS_PROXY', 'https_proxy', 'npm_config_https_proxy', 'npm_config_proxy', 'HTTP_PROXY', 'ALL_PROXY'])
      expect(await fetchElectron(folder, { [name]: 'http://proxy:3128' }), name).toBeNull()
    expect(await fetchElectron(folder, { ALL_PROXY: 'socks5://proxy:1080' })).toBe('it does not say why')
    // Which also keeps the cause of a failure to itself.
    install('console.error("TypeError: fetch failed\\n    at x (y.js:1:1)"); process.exit(1)')
    expect(await fetchElectron(folder, { ELECTRON_MIRROR: 'http://127.0.0.1:9/' })).toMatch(/ECONNREFUSED|bad port/)
    expect(await fetchElectron(folder, { HTTPS_PROXY: 'http://user:secret@proxy:3128' })).toBe(
      'the proxy proxy:3128 does not answer, or does not let it through',
    )
    expect(await fetchElectron(folder, { ELECTRON_SKIP_BINARY_DOWNLOAD: '1' })).toMatch(/is set/)
  })

  test('names what keeps Electron from running on Linux, with the cure', () => {
    const as = (uid: number, platform: NodeJS.Platform = 'linux') => ({ ...process, platform, getuid: () => uid }) as typeof process
    expect(obstacle(as(0), () => false)).toMatch(/ordinary user/)
    expect(obstacle(as(1000), () => true)).toMatch(/apparmor_restrict_unprivileged_userns=0/)
    expect(obstacle(as(1000), () => false)).toBeNull()
    expect(obstacle(as(0, 'darwin'), () => true)).toBeNull()
  })

  test('knows a program that is wholly there, and a screen', () => {
    const folder = path.join(dir, 'package')
    fs.mkdirSync(path.join(folder, 'dist', 'Electron.app/Contents/MacOS'), { recursive: true })
    for (const name of ['electron', 'electron.exe', 'Electron.app/Contents/MacOS/Electron'])
      fs.writeFileSync(path.join(folder, 'dist', name), '')
    expect(electronProgram(folder)).toBeNull() // still being unpacked
    fs.writeFileSync(path.join(folder, 'path.txt'), 'electron')
    expect(electronProgram(folder)).toMatch(/dist/)
    const on = (platform: NodeJS.Platform, env: NodeJS.ProcessEnv) => hasScreen({ ...process, platform, env } as typeof process)
    expect([
      on('linux', {}),
      on('linux', { DISPLAY: ':0' }),
      on('linux', { WAYLAND_DISPLAY: 'w' }),
      on('darwin', {}),
      on('win32', {}),
    ]).toEqual([false, true, true, true, true])
  })
})
