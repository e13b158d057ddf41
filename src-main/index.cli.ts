/** Composition root of the terminal. */
import { join } from 'node:path'
import { runCli } from './app/cli/main.ts'
import { heedStreams } from './app/cli/output.ts'
import { electronProgram, fetchElectron, hasScreen, obstacle } from './host/electron/program.ts'
import { defaultFolders } from './host/node/folders.ts'
import { models, startServer } from './index.server.ts'
import { programRoot } from './program.ts'

heedStreams()
const app = models(defaultFolders())
process.exitCode = await runCli(process.argv.slice(2), {
  ...app,
  startServer,
  desktop: {
    main: join(programRoot, 'out', 'main', 'electron.js'),
    screen: hasScreen(),
    program: () => electronProgram(),
    fetch: () => fetchElectron(),
    obstacle: () => obstacle(),
  },
})
await app.engine.close()
