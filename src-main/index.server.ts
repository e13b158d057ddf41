/** Composition root of the browser face: the application over HTTP and WebSocket on the loopback address. */
import { join } from 'node:path'
import type { AppContext } from './app/context.ts'
import { App } from './app/serve/app.ts'
import { Preferences, storedProjects, storedSettings } from './app/serve/preferences.ts'
import { EngineClient } from './engine/client.ts'
import { type StartChild, startChild } from './files/child.ts'
import { defaultFolders } from './host/node/folders.ts'
import { listen, type HttpServer } from './host/node/http.ts'
import type { Host } from './host/ports.ts'
import { appVersion, programRoot, rendererFiles, unpackedRoot } from './program.ts'

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

/** The engine and the model in the box, as every face has them. */
export const models = (
  { cacheFolder: cache, configFolder, dataFolder }: Pick<Host, 'cacheFolder' | 'configFolder' | 'dataFolder'>,
  start: StartChild = startChild,
): AppContext => ({
  engine: new EngineClient(
    () => start(join(unpackedRoot, 'out', 'main', 'engine-process.js'), []),
    undefined,
    () => storedSettings(configFolder).threads,
  ),
  device: () => storedSettings(configFolder).device,
  nano: join(unpackedRoot, 'resources', 'nano'),
  cache,
  encodingBytes: () => storedSettings(configFolder).caches.encodings * 2 ** 20,
  modelFolders: () => [join(dataFolder, 'models'), ...storedSettings(configFolder).modelFolders],
  hub: { folder: join(dataFolder, 'models'), secrets: configFolder, env: process.env },
  storage: {
    budget: () => storedSettings(configFolder).diskBudget * 2 ** 20 || null,
    keep: (diskBudget) => void new Preferences(configFolder).saveSettings({ diskBudget }),
    projects: () => storedProjects(configFolder),
  },
  slurm: {
    settings: () => storedSettings(configFolder).slurm,
    keep: (slurm) => void new Preferences(configFolder).saveSettings({ slurm }),
    env: process.env,
    program: programRoot,
  },
})

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
