/** Composition root of the terminal. Most commands need little of the program, so what they work with is loaded for those that ask. */
import { join } from 'node:path'
import { runCli } from './app/cli/main.ts'
import { heedStreams } from './app/cli/output.ts'
import type { CliContext } from './app/cli/context.ts'
import { programRoot } from './program.ts'

let app: CliContext | undefined

async function context(): Promise<CliContext> {
  const [{ models }, { defaultFolders }, { electronProgram, fetchElectron, hasScreen, obstacle }] = await Promise.all([
    import('./index.models.ts'),
    import('./host/node/folders.ts'),
    import('./host/electron/program.ts'),
  ])
  return (app = {
    ...models(defaultFolders()),
    startServer: async (options) => (await import('./index.server.ts')).startServer(options),
    desktop: {
      main: join(programRoot, 'out', 'main', 'electron.js'),
      screen: hasScreen(),
      program: () => electronProgram(),
      fetch: () => fetchElectron(),
      obstacle: () => obstacle(),
    },
  })
}

heedStreams()
process.exitCode = await runCli(process.argv.slice(2), context)
await app?.engine.close()
