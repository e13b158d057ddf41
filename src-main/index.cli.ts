/** Composition root of the terminal. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { runCli } from './app/cli/main.ts'
import { defaultCache } from './app/context.ts'
import { models, programRoot, startServer } from './index.server.ts'

/** Electron's program; its package fetches it at first launch, from outside the npm registry. */
function electronProgram(): string | null {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'))
    const name = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }[process.platform as string] ?? 'electron'
    const program = join(folder, 'dist', name)
    return existsSync(program) ? program : null
  } catch {
    return null
  }
}

process.exitCode = await runCli(process.argv.slice(2), {
  ...models(defaultCache()),
  startServer,
  desktop: { main: join(programRoot, 'out', 'main', 'electron.js'), electron: electronProgram() },
})
