/** Composition root of the desktop face. */
import * as electron from 'electron'
import { join } from 'node:path'
import { RemoteWorkbench } from './host/electron/bridge.ts'
import { failStart, prepare, startDesktop } from './host/electron/desktop.ts'
import { plainNode } from './host/electron/plain-node.ts'
import { defaultFolders } from './host/node/folders.ts'
import type { Workbench } from './host/node/bridge.ts'
import { appVersion, programRoot, rendererFiles, unpackedRoot } from './program.ts'

const folders = defaultFolders()

// Electron is ready only after this module has been evaluated, so nothing is awaited at its top level. The application gets ready
// meanwhile, in a plain Node: Electron cannot hold all of its native libraries. Where no Node is to be had it runs in here.
if (prepare(electron, process.argv, folders)) {
  const node = plainNode({
    platform: process.platform,
    env: process.env,
    resourcesPath: process.resourcesPath,
    packaged: electron.app.isPackaged,
  })
  let project = (): string | null => null
  let changed = () => {}
  const fail = (problem: unknown) => failStart(electron, problem)
  const remote =
    node === null
      ? null
      : new RemoteWorkbench({
          node,
          program: join(unpackedRoot, 'out', 'main', 'app-process.js'),
          project: () => project(),
          changed: () => changed(),
          died: (reason) => fail(new Error(reason)),
        })
  let application: Workbench | null = remote
  startDesktop({
    electron,
    folders,
    files: rendererFiles,
    preload: join(rendererFiles, '..', 'preload', 'preload.cjs'),
    icon: join(programRoot, 'resources', 'icon.png'),
    version: appVersion(),
    serve: async (host, asked, refresh) => {
      project = asked
      if (remote) {
        await remote.begin(host)
        changed = refresh
        return remote
      }
      const [{ App }, { models }, { workbench }] = await Promise.all([
        import('./app/serve/app.ts'),
        import('./index.models.ts'),
        import('./workbench.ts'),
      ])
      return (application = workbench(
        new App({
          host,
          get project() {
            return asked()
          },
          models: models(host, host.startChild),
          changed: refresh,
        }),
      ))
    },
    language: () => application?.menu().language ?? 'system',
    recent: () => application?.menu().recent ?? [],
    tell: (event) => application?.tell(event),
  }).catch(fail)
} else electron.app.quit()
