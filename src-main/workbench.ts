/** An application as the desktop's windows and menu need it, in whichever process it is. */
import type { App } from './app/serve/app.ts'
import type { Workbench } from './host/node/bridge.ts'

export const workbench = (app: App): Workbench => ({
  attach: (channel) => app.attach(channel),
  respond: (path, signal) => app.respond(path, signal),
  close: () => app.close(),
  menu: () => ({
    language: app.preferences.settings.language,
    recent: app.preferences.recent.map(({ name, folder }) => ({ name, folder })),
  }),
  tell: (event) => ('open' in event ? app.tellAll('host.open', { folder: event.open }) : app.tellAll('host.action', event)),
})
