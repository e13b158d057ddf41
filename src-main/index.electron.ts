/** Composition root of the desktop face. */
import * as electron from 'electron'
import { join } from 'node:path'
import { App } from './app/serve/app.ts'
import { prepare, startDesktop } from './host/electron/desktop.ts'
import { appVersion, models, programRoot, rendererFiles } from './index.server.ts'

if (prepare(electron, process.argv)) {
  let application: App | null = null
  await startDesktop({
    electron,
    files: rendererFiles,
    preload: join(rendererFiles, '..', 'preload', 'preload.cjs'),
    icon: join(programRoot, 'resources', 'icon.png'),
    version: appVersion(),
    serve: (host, project, changed) => (application = new App({ host, project, models: models(host.cacheFolder), changed })),
    language: () => application?.preferences.settings.language ?? 'system',
    recent: () => application?.preferences.recent ?? [],
    tell: (event) => ('open' in event ? application?.tellAll('host.open', { folder: event.open }) : application?.tellAll('host.action', event)),
  })
} else electron.app.quit()
