/** Composition root of the terminal. */
import { join } from 'node:path'
import { runCli } from './app/cli/main.ts'
import { heedStreams } from './app/cli/output.ts'
import { defaultCache } from './app/context.ts'
import { electronProgram, fetchElectron, hasScreen } from './host/electron/program.ts'
import { models, programRoot, startServer } from './index.server.ts'

heedStreams()
process.exitCode = await runCli(process.argv.slice(2), {
  ...models(defaultCache()),
  startServer,
  desktop: { main: join(programRoot, 'out', 'main', 'electron.js'), screen: hasScreen(), program: () => electronProgram(), fetch: fetchElectron },
})
