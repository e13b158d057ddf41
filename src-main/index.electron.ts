/** Composition root of the desktop face. */
import * as electron from 'electron'
import { join } from 'node:path'
import type { App } from './app/serve/app.ts'
import { failStart, prepare, startDesktop } from './host/electron/desktop.ts'
import { defaultFolders } from './host/node/folders.ts'
import { appVersion, programRoot, rendererFiles } from './program.ts'

const folders = defaultFolders()

// Electron is ready only after this module has been evaluated, so nothing is awaited at its top level; and what is
// needed before a window can be asked for is loaded first, the application while Electron gets ready.
if (prepare(electron, process.argv, folders)) {
  let application: App | null = null
  startDesktop({
    electron,
    folders,
    files: rendererFiles,
    preload: join(rendererFiles, '..', 'preload', 'preload.cjs'),
    icon: join(programRoot, 'resources', 'icon.png'),
    version: appVersion(),
    serve: async (host, project, changed) => {
      const [{ App }, { models }] = await Promise.all([import('./app/serve/app.ts'), import('./index.server.ts')])
      return (application = new App({ host, get project() { return project() }, models: models(host.cacheFolder, host.startChild), changed }))
    },
    language: () => application?.preferences.settings.language ?? 'system',
    recent: () => application?.preferences.recent ?? [],
    tell: (event) => ('open' in event ? application?.tellAll('host.open', { folder: event.open }) : application?.tellAll('host.action', event)),
  }).catch((e: unknown) => failStart(electron, e))
} else electron.app.quit()
