import { spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import { Command } from 'commander'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { CliContext } from './context.ts'
import { output } from './output.ts'

interface ServeOptions {
  project?: string
  port?: string
  json?: boolean
}

function checked({ project, port }: ServeOptions): { project?: string; port?: number } {
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) < 65536))
    throw userError(sentence('command.port', { found: String(port) }))
  const info = project === undefined ? null : statSync(project, { throwIfNoEntry: false })
  if (info === undefined) throw userError(sentence('command.project-absent', { path: String(project) }))
  if (info && !info.isDirectory()) throw userError(sentence('command.project-is-file', { path: String(project) }))
  return { project, port: port === undefined ? undefined : Number(port) }
}

/** Serves until Ctrl+C. */
async function serve(app: CliContext, o: ServeOptions): Promise<void> {
  const wanted = checked(o)
  // Registered first, so that an early signal is not lost.
  const stopped = new Promise<void>((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  const server = await app.startServer(wanted)
  const url = server.newUrl()
  const asks = process.stdin.isTTY && !o.json
  output(Boolean(o.json)).answer(
    { url },
    () => `Open ${url}\n(this address works once, and only on this machine; ${asks ? 'Enter shows another one, ' : ''}Ctrl+C stops)`,
  )
  const another = () => output(false).say(`Open ${server.newUrl()}`)
  if (asks) process.stdin.on('data', another)
  await stopped
  if (asks) process.stdin.off('data', another).pause()
  await server.close()
}

/** False if the desktop program could not be started, or failed at once. */
const ranDesktop = (program: string, args: string[]) =>
  new Promise<boolean>((resolve) => {
    const begun = Date.now()
    const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, DASHI_NODE: process.execPath } })
    child.on('error', () => resolve(false))
    child.on('exit', (code) => {
      const failed = code !== 0
      if (failed) process.exitCode = 1
      resolve(!failed || Date.now() - begun > 5000)
    })
  })

/** True unless a person at a terminal says no. */
async function agreed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return true
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return !/^\s*n/i.test(await lines.question(question))
  } finally {
    lines.close()
  }
}

/** On a terminal, shows a line with elapsed seconds until the returned function is called. */
function ticking(line: string): () => void {
  output(false).say(line)
  if (!process.stderr.isTTY) return () => {}
  const begun = Date.now()
  const timer = setInterval(() => process.stderr.write(`\r${Math.round((Date.now() - begun) / 1000)} s (Ctrl+C stops it) `), 1000)
  return () => {
    clearInterval(timer)
    process.stderr.write('\r\x1b[K')
  }
}

async function startWorkbench(app: CliContext, o: ServeOptions): Promise<void> {
  const { project } = checked(o)
  const { desktop } = app
  const say = (line: string) => output(false).say(line)
  const inBrowser = (why: string) => {
    say(`${why}, so the workbench opens in the browser.`)
    process.exitCode = 0
    return serve(app, o)
  }
  if (!desktop.screen) return inBrowser('There is no display for Electron’s window')
  if (!desktop.program()) {
    if (!(await agreed('Electron (about 120 MB) will be downloaded from its makers, once. Continue? [Y/n] ')))
      return inBrowser('Electron was not downloaded')
    const ended = ticking('Downloading Electron (once) …')
    const reason = await desktop.fetch().finally(ended)
    if (reason !== null) return inBrowser(`Electron cannot be downloaded here (${reason})`)
  }
  const program = desktop.program()
  if (!program) return inBrowser('Electron cannot be downloaded here')
  if (!(await ranDesktop(program, [desktop.main, ...(project ? [project] : [])]))) {
    const why = desktop.obstacle()
    return inBrowser(`Electron does not run here${why ? ` (${why})` : ''}`)
  }
}

const workbench = (name: string, port: string, action: (o: ServeOptions) => Promise<void>): Command =>
  new Command(name).option('--project <dir>', 'project folder to open').option('--port <n>', port).action(action)

export const serveCommand = (app: CliContext): Command =>
  workbench('serve', 'port (default: the previous one, or any free one)', (o) => serve(app, o))

export const startCommand = (app: CliContext): Command => workbench('start', 'port for the browser', (o) => startWorkbench(app, o))
