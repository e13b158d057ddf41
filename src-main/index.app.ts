/** Composition root of the application behind the desktop's windows, in a plain Node. */
import { App } from './app/serve/app.ts'
import { serveParent } from './host/node/bridge.ts'
import { models } from './index.models.ts'
import { workbench } from './workbench.ts'

serveParent((host, project, changed) =>
  workbench(
    new App({
      host,
      get project() {
        return project()
      },
      models: models(host),
      changed,
    }),
  ),
)
