/** Composition root of the browser face: the application over HTTP and WebSocket on the loopback address. */
import { App } from './app/serve/app.ts'
import { defaultFolders } from './host/node/folders.ts'
import { listen, type HttpServer } from './host/node/http.ts'
import type { Host } from './host/ports.ts'
import { models } from './index.models.ts'
import { appVersion, rendererFiles } from './program.ts'

export interface ServerOptions {
  /** Opened by the first window. */
  project?: string
  /** 0: any free one. */
  port?: number
  /** The built renderer; beside this file unless said otherwise. */
  files?: string
  /** Where settings, cache and new projects go; the system's usual places unless said otherwise. */
  folders?: Pick<Host, 'configFolder' | 'cacheFolder' | 'dataFolder'>
}

/** `newUrl()` of the answer is what a person opens; it works once. Throws userError where the port is in use. */
export function startServer(options: ServerOptions = {}): Promise<HttpServer> {
  const host: Host = {
    ...(options.folders ?? defaultFolders()),
    version: appVersion(),
    pickFolder: async () => ({ status: 'unavailable' }),
  }
  const app = new App({ host, models: models(host), project: options.project ?? null })
  return listen({ port: options.port ?? 0, files: options.files ?? rendererFiles, configFolder: host.configFolder, served: app })
}
