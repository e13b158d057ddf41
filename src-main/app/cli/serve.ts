import { spawn } from 'node:child_process'
import { Command } from 'commander'
import { userError } from '#shared/errors.ts'
import type { CliContext } from './context.ts'
import { output } from './output.ts'

/** Serves until Ctrl+C. */
async function serve(app: CliContext, o: { project?: string; port?: string; json?: boolean }): Promise<void> {
  if (o.port !== undefined && !/^\d{1,5}$/.test(o.port)) throw userError(`--port: expected a number, found "${o.port}"`)
  const server = await app.startServer({ project: o.project, port: o.port === undefined ? undefined : Number(o.port) })
  const url = server.newUrl()
  output(Boolean(o.json)).answer({ url }, () => `Open ${url}\n(this address works once, and only on this machine; Ctrl+C stops)`)
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  await server.close()
}

export const serveCommand = (app: CliContext): Command =>
  new Command('serve')
    .description('the workbench in the browser: HTTP and WebSocket on the loopback address')
    .option('--project <dir>', 'project folder to open')
    .option('--port <n>', 'port; any free one unless told')
    .action((o: { project?: string; port?: string; json?: boolean }) => serve(app, o))

export const startCommand = (app: CliContext): Command =>
  new Command('start')
    .description('the workbench: on the desktop where Electron is installed, else in the browser')
    .option('--project <dir>', 'project folder to open')
    .action(async (o: { project?: string; json?: boolean }) => {
      const { electron, main } = app.desktop
      if (!electron) {
        output(false).say('Electron’s program is not installed here (npm fetches it from outside the registry), so the workbench opens in the browser.')
        return serve(app, o)
      }
      const child = spawn(electron, [main, ...(o.project ? [o.project] : [])], { stdio: 'inherit' })
      process.exitCode = await new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? 1)))
    })
